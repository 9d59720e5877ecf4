# bash completion for gradcli (bash 3.2 or later). Written by  gradcli completions bash ; no Python is started.

# @TABLES@

# The line up to the cursor -> _words, without their quotes; the last one is being typed. _open: it is inside a quote,
# and _before is what stands before that quote.
_gradcli_split() {
    local rest=${COMP_LINE:0:COMP_POINT} word= begun=
    local blank='^[[:space:]]+' double='^"(([^"\]|\\.)*)("?)' single="^'([^']*)('?)" escaped='^\\(.)' plain="^[^[:space:]\"'\\]+"
    local LC_ALL=C
    _words=() _open= _before=
    while [[ -n $rest ]]; do
        if [[ $rest =~ $blank ]]; then
            [[ -n $begun ]] && _words+=("$word")
            word= begun=
        elif [[ $rest =~ $double ]]; then
            [[ -z ${BASH_REMATCH[3]} ]] && _open='"' _before=$word
            word+=${BASH_REMATCH[1]} begun=1
        elif [[ $rest =~ $single ]]; then
            [[ -z ${BASH_REMATCH[2]} ]] && _open="'" _before=$word
            word+=${BASH_REMATCH[1]} begun=1
        elif [[ $rest =~ $escaped ]]; then
            word+=${BASH_REMATCH[1]} begun=1
        elif [[ $rest =~ $plain ]]; then
            word+=${BASH_REMATCH[0]} begun=1
        else
            rest=
        fi
        rest=${rest:${#BASH_REMATCH[0]}}
    done
    _words+=("$word")
}

# The variables of an expression -> _names: its names that are neither called, nor assigned, nor known.
_gradcli_names() {
    local rest=$1 REPLY kept known=' ' assigned=' ' name
    local string="^(\"[^\"]*\"|'[^']*')" number='^[0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?' member='^\.[[:space:]]*[A-Za-z_][A-Za-z0-9_]*'
    local word="^[^][(){}<>+*/%^@&|~,;:!?=.#\$\"'\`\\[:space:]0-9-][^][(){}<>+*/%^@&|~,;:!?=.#\$\"'\`\\[:space:]-]*"
    local called='^[[:space:]]*\(' given='^[[:space:]]*=([^=]|$)' LC_ALL=C
    _gradcli_not_variables
    known+="$REPLY "
    _names=()
    while [[ -n $rest ]]; do
        if [[ $rest =~ $string || $rest =~ $number || $rest =~ $member ]]; then
            rest=${rest:${#BASH_REMATCH[0]}}
        elif [[ $rest =~ $word ]]; then
            name=${BASH_REMATCH[0]} rest=${rest:${#BASH_REMATCH[0]}}
            if [[ $rest =~ $given ]]; then
                assigned+="$name "
            elif [[ ! $rest =~ $called && $known$assigned != *" $name "* ]]; then
                _names+=("$name")
                known+="$name "
            fi
        else
            rest=${rest:1}
        fi
    done
}

# Every offer is a word that may be typed; one that is whole ends in a blank.
_gradcli_offer_lines() {
    local line
    while IFS= read -r line; do
        _offers+=("${line%%$'\t'*} ")
    done <<<"$1"
}

_gradcli_offer_files() {
    local path quoted
    while IFS= read -r path; do
        if [[ -n $_open ]]; then quoted=$path; else printf -v quoted %q "$path"; fi
        if [[ -d $path ]]; then _offers+=("$1$quoted/"); else _offers+=("$1$quoted "); fi
    done < <(compgen -f -- "$2")
}

_gradcli_offer_tensor() {
    local prefix=$1 typed=$2 REPLY word
    case $typed in
        @*) _gradcli_offer_files "$prefix@" "${typed:1}" ;;
        file:*) _gradcli_offer_files "${prefix}file:" "${typed:5}" ;;
        *)
            _gradcli_constructors
            for word in $REPLY @; do _offers+=("$prefix$word"); done ;;
    esac
}

# What may stand behind an option: what the option takes, what comes before the value in this word, and the value.
_gradcli_offer_value() {
    local prefix=$2 typed=$3 word
    case $1 in
        words*) for word in ${1#words }; do _offers+=("$prefix$word "); done ;;
        file) _gradcli_offer_files "$prefix" "$typed" ;;
        names)
            [[ $typed == *,* ]] && prefix=$prefix${typed%,*},
            for word in "${_names[@]}"; do _offers+=("$prefix$word"); done ;;
        weights)
            _offers+=("${prefix}ones " "${prefix}onehot:")
            for word in "${_names[@]}"; do _offers+=("$prefix$word "); done
            _gradcli_offer_tensor "$prefix" "$typed" ;;
        tangent | binding)
            if [[ $typed == *=* ]]; then
                _gradcli_offer_tensor "$prefix${typed%%=*}=" "${typed#*=}"
            else
                for word in "${_names[@]}"; do _offers+=("$prefix$word="); done
                [[ $1 == tangent ]] && _gradcli_offer_tensor "$prefix" "$typed"
            fi ;;
        tensor) _gradcli_offer_tensor "$prefix" "$typed" ;;
    esac
}

# What an option takes; one that is not declared is a variable.
_gradcli_taken() {
    _gradcli_options "$1"
    if [[ $'\n'$REPLY == *$'\n'"$2"$'\t'* ]]; then
        _gradcli_takes "$1:$2"
    else
        _gradcli_variables "$1"
        REPLY=${REPLY:+tensor}
    fi
}

_gradcli_offer_positional() {
    local REPLY
    _gradcli_positional "$1"
    case $REPLY in
        name) _gradcli_functions; _gradcli_offer_lines "$REPLY" ;;
        topic) _gradcli_topics; _gradcli_offer_lines "$REPLY" ;;
        shell) _offers+=('bash ' 'zsh ' 'fish ') ;;
        file) _gradcli_offer_files '' "$2" ;;
        *) [[ $2 == @* ]] && _gradcli_offer_files @ "${2:1}" ;;
    esac
}

_gradcli_offer_variables() {
    local name
    for name in "${_names[@]}"; do
        [[ $_given == *" $name "* ]] || _offers+=("$1$name$2")
    done
}

_gradcli_offer() {
    local command=${_words[1]} typed=$1 last=$((${#_words[@]} - 1)) at=2 taken= word expression= read=
    local option='^--[A-Za-z_][A-Za-z0-9_-]*$' joined='^--[A-Za-z_][A-Za-z0-9_-]*=' binding='^[A-Za-z_][A-Za-z0-9_]*=($|[^=])' REPLY _given=' ' _names
    while ((at < last)); do
        word=${_words[at]} at=$((at + 1))
        if [[ -n $taken ]]; then
            [[ $taken == binding ]] && _given+="${word%%=*} "
            taken=
        elif [[ $word =~ $joined ]]; then
            word=${word%%=*} _given+="${word#--} "
        elif [[ $word =~ $option ]]; then
            _given+="${word#--} "
            _gradcli_taken "$command" "$word"
            taken=${REPLY#flag}
        elif [[ -z $read ]]; then
            expression=$word read=1
        elif [[ $word =~ $binding ]]; then
            _given+="${word%%=*} "
        fi
    done
    _gradcli_names "$expression"
    if [[ -n $taken ]]; then
        _gradcli_offer_value "$taken" '' "$typed"
    elif [[ $typed =~ $joined ]]; then
        _gradcli_taken "$command" "${typed%%=*}"
        _gradcli_offer_value "$REPLY" "${typed%%=*}=" "${typed#*=}"
    elif [[ -n $read && $typed =~ $binding ]]; then
        _gradcli_offer_tensor "${typed%%=*}=" "${typed#*=}"
    elif [[ -z $read && $typed != -* ]]; then
        _gradcli_offer_positional "$command" "$typed"
    else
        [[ -n $typed && $typed != -* ]] && _gradcli_offer_variables '' =
        _gradcli_offer_variables -- ' '
        if [[ $typed == -* || ${#_offers[@]} -eq 0 ]]; then
            _gradcli_options "$command"
            _gradcli_offer_lines "$REPLY"
        fi
    fi
}

# The meanings beside the words, where readline only lists them.
_gradcli_explain() {
    local lines REPLY at word line room=$((${COLUMNS:-80} - 1))
    if [[ ${#_words[@]} -eq 2 ]]; then
        _gradcli_commands
        lines=$REPLY
    else
        _gradcli_options "${_words[1]}"
        lines=$REPLY
        _gradcli_positional "${_words[1]}"
        case $REPLY in
            name) _gradcli_functions ;;
            topic) _gradcli_topics ;;
            *) REPLY= ;;
        esac
        lines+=$'\n'$REPLY
    fi
    lines=$'\n'$lines$'\n'
    for at in "${!COMPREPLY[@]}"; do
        word=${COMPREPLY[at]% }
        [[ $lines == *$'\n'"$word"$'\t'* ]] || continue
        line=${lines#*$'\n'"$word"$'\t'}
        printf -v line '%-18s  %s' "$word" "${line%%$'\n'*}"
        COMPREPLY[at]=${line:0:room}
    done
}

_gradcli() {
    local _words _open _before _offers=() REPLY typed cut= mark part offer
    _gradcli_split
    while [[ ${#_words[@]} -gt 1 && ${_words[0]} != "$1" ]]; do _words=("${_words[@]:1}"); done
    typed=${_words[${#_words[@]} - 1]}
    if [[ ${#_words[@]} -le 2 ]]; then
        _gradcli_commands
        _gradcli_offer_lines "$REPLY"
        [[ $typed == -* ]] && _offers=('--help ' '--version ')
    else
        _gradcli_offer "$typed"
    fi
    if [[ -n $_open ]]; then
        cut=$_before
    else
        for mark in : =; do # readline replaces only what follows the last of these, but an @ before it too
            part=${typed%"${typed##*$mark}"}
            [[ $COMP_WORDBREAKS == *$mark* && ${#part} -gt ${#cut} ]] && cut=$part
        done
    fi
    COMPREPLY=()
    for offer in "${_offers[@]}"; do
        [[ $offer == "$typed"* ]] && COMPREPLY+=("${offer#"$cut"}")
    done
    if [[ ${COMP_TYPE:-9} -eq 63 && ${#COMPREPLY[@]} -gt 1 ]]; then _gradcli_explain; fi
    return 0
}

complete -o nospace -F _gradcli gradcli
