# fish completion for gradcli. Written by  gradcli completions fish ; no Python is started.

# @TABLES@

# The variables of an expression: its names that are neither called, nor assigned, nor known.
function __gradcli_names
    set -l bare (string replace -ra '"[^"]*"|\'[^\']*\'' ' ' -- "$argv[1]" | string collect)
    set bare (string replace -ra '(?<![\w.])[0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?' ' ' -- $bare | string collect)
    set -l known (__gradcli_not_variables | string split ' ')
    set -a known (string match -ra '(*UCP)(?<![\w.])\w++(?=\s*=(?!=))' -- $bare)
    for name in (string match -ra '(*UCP)(?<![\w.])(?!\d)\w++(?!\s*\()' -- $bare)
        if not contains -- $name $known
            set -a known $name
            echo $name
        end
    end
end

function __gradcli_offer_files # PREFIX PATH
    for path in (__fish_complete_path "$argv[2]" | string replace -r '\t.*' '')
        echo $argv[1]$path
    end
end

function __gradcli_offer_tensor # PREFIX TYPED
    switch $argv[2]
        case '@*'
            __gradcli_offer_files $argv[1]@ (string sub -s 2 -- $argv[2])
        case 'file:*'
            __gradcli_offer_files $argv[1]file: (string sub -s 6 -- $argv[2])
        case '*'
            printf "$argv[1]%s\ta tensor\n" (__gradcli_constructors | string split ' ')
            printf '%s@\ta file\n' $argv[1]
    end
end

# What may stand behind an option: what the option takes, what comes before the value in this word, the value, and the
# variables.
function __gradcli_offer_value # TAKES PREFIX TYPED NAMES...
    set -l prefix $argv[2]
    set -l typed $argv[3]
    switch $argv[1]
        case 'words *'
            printf "$prefix%s\n" (string split ' ' -- $argv[1])[2..-1]
        case file
            __gradcli_offer_files "$prefix" "$typed"
        case names
            set -l before (string match -r '.*,' -- $typed)
            for name in $argv[4..-1]
                printf '%s%s%s\n' "$prefix" "$before" $name
            end
        case weights
            printf "$prefix%s\tthe weights\n" ones onehot: $argv[4..-1]
            __gradcli_offer_tensor "$prefix" "$typed"
        case tangent binding
            if string match -q '*=*' -- $typed
                set -l parts (string split -m1 = -- $typed)
                __gradcli_offer_tensor "$prefix$parts[1]=" "$parts[2]"
            else
                for name in $argv[4..-1]
                    printf '%s%s=\ta variable\n' "$prefix" $name
                end
                test $argv[1] = tangent; and __gradcli_offer_tensor "$prefix" "$typed"
            end
        case tensor
            __gradcli_offer_tensor "$prefix" "$typed"
    end
end

# What an option takes; one that is not declared is a variable.
function __gradcli_taken # COMMAND OPTION
    if string match -q -- "$argv[2]"\t'*' (__gradcli_options $argv[1])
        __gradcli_takes "$argv[1]:$argv[2]"
    else if test -n "$(__gradcli_variables $argv[1])"
        echo tensor
    end
end

function __gradcli_offer_positional # COMMAND TYPED
    switch (__gradcli_positional $argv[1])
        case name
            __gradcli_functions
        case topic
            __gradcli_topics
        case shell
            printf '%s\n' bash zsh fish
        case file
            __gradcli_offer_files '' "$argv[2]"
        case '*'
            string match -q '@*' -- $argv[2]; and __gradcli_offer_files @ (string sub -s 2 -- $argv[2])
    end
end

function __gradcli_offer
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l command $words[2]
    if test (count $words) -lt 2
        if string match -q -- '-*' $typed
            printf '%s\n' --help\t'the commands' --version\t'the version'
        else
            __gradcli_commands
        end
        return
    end
    set -l taken ''
    set -l expression ''
    set -l read ''
    set -l given
    for word in $words[3..-1]
        if test -n "$taken"
            test "$taken" = binding; and set -a given (string replace -r '=.*' '' -- $word)
            set taken ''
        else if string match -qr '^--[A-Za-z_][\w-]*=' -- $word
            set -a given (string replace -r '^--([^=]*)=.*' '$1' -- $word)
        else if string match -qr '^--[A-Za-z_][\w-]*$' -- $word
            set -a given (string sub -s 3 -- $word)
            set taken (__gradcli_taken $command $word)
            test "$taken" = flag; and set taken ''
        else if test -z "$read"
            set expression (string trim -c '"\'' -- $word)
            set read yes
        else if string match -qr '^\w+=($|[^=])' -- $word
            set -a given (string replace -r '=.*' '' -- $word)
        end
    end
    set -l names (__gradcli_names "$expression")
    set -l left
    for name in $names
        contains -- $name $given; or set -a left $name
    end
    if test -n "$taken"
        __gradcli_offer_value "$taken" '' "$typed" $names
    else if string match -qr '^--[A-Za-z_][\w-]*=' -- $typed
        set -l parts (string split -m1 = -- $typed)
        __gradcli_offer_value "$(__gradcli_taken $command $parts[1])" "$parts[1]=" "$parts[2]" $names
    else if test -n "$read"; and string match -qr '^\w+=($|[^=])' -- $typed
        set -l parts (string split -m1 = -- $typed)
        __gradcli_offer_tensor "$parts[1]=" "$parts[2]"
    else if test -z "$read"; and not string match -q -- '-*' $typed
        __gradcli_offer_positional $command "$typed"
    else
        if test -n "$typed"; and not string match -q -- '-*' $typed
            for name in $left
                printf '%s=\ta variable\n' $name
            end
        end
        for name in $left
            printf '%s\ta variable\n' --$name
        end
        if string match -q -- '-*' $typed; or test (count $left) -eq 0
            __gradcli_options $command
        end
    end
end

complete -c gradcli -f -a '(__gradcli_offer)'
