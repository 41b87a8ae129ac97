# Completion of sipreuse for bash. What there is to complete, the program itself says: commands and options by --help, names by list.
_sipreuse() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words=
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="$(sipreuse --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p') --help --version"
    else
        case $previous in
            --device | -d) words="$(sipreuse list devices --json 2>/dev/null | grep -o '"name": *"[^"]*"' | cut -d'"' -f4)" ;;
            --suite | -s) words="$(sipreuse list suites --json 2>/dev/null | grep -o '"name": *"[^"]*"' | cut -d'"' -f4)" ;;
            --sandbox) words="auto user root none" ;;
            --transport) words="tcp tls sctp tls-sctp tcp,tls" ;;
            --sctp | --device-sctp) words="auto kernel userland none" ;;
            --ip) words="4 6 4,6" ;;
            *) [[ $current == -* ]] && words="$(sipreuse "$command" --help 2>/dev/null | grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE '\-\-[a-z-]+')" ;;
        esac
    fi
    # shellcheck disable=SC2207 # words hold no blanks
    if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _sipreuse sipreuse
