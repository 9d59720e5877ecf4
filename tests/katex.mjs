// Reads a formula a line, each a JSON text, and has KaTeX typeset it; strict, so that what is not LaTeX is an error.
// Ends with status 1 if one of them is refused, or if there is none. argv: the folder that KaTeX is installed in.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const katex = createRequire(`${process.argv[2]}/`)("katex");
let count = 0;
let refused = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const formula = JSON.parse(line);
  count += 1;
  try {
    katex.renderToString(formula, { displayMode: true, strict: "error", throwOnError: true, trust: false });
  } catch (error) {
    refused += 1;
    console.log(`${formula}\n    ${error.message}`);
  }
}
console.log(`KaTeX ${katex.version}: ${count} formulas, ${refused} refused`);
process.exit(count > 0 && refused === 0 ? 0 : 1);
