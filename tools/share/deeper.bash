# Completion of 'deeper' for bash. Verbs, options and their values are read from its --help, so they are those of the program.

_deeper_verbs() {  # the words below "Verbs" in a --help
  "$1" "${@:2}" --help 2>/dev/null | sed -n '/^Verbs/,/^$/s/^  \([a-z][a-z-]*\)  *.*/\1/p'
}

_deeper_options() {
  "$1" "${@:2}" --help 2>/dev/null | sed -nE 's/^  (-[a-zA-Z], |    )(--[a-z0-9-]+).*/\2/p'
}

_deeper_value() {  # what the value of the option $1 is called, "f32|bf16" or "DIR"; nothing for a switch
  local option="(-[a-zA-Z], |    )$1"
  [[ $1 == --* ]] || option="($1, )--[a-z0-9-]+"
  "$2" "${@:3}" --help 2>/dev/null | sed -nE "s/^  $option ([^ ]+).*/\\2/p"
}

_deeper_words() {  # what the words behind a verb are called: "PICTURE..."
  "$1" "${@:2}" --help 2>/dev/null | sed -n 's/^Usage: .*\[options\] *//p'
}

_deeper_files() {  # directories, and files with one of these endings, "jpg|png", or any
  local file
  while IFS= read -r file; do
    [[ -d $file || -z $2 || ${file,,} =~ \.($2)$ ]] && COMPREPLY+=("$file")
  done < <(compgen -f -- "$1")
  compopt -o filenames 2>/dev/null
}

_deeper_complete_value() {  # of the value that is called $2, where $1 is typed
  local before='' value=$2
  case $value in
    *'|'*)
      if [[ $value == *'[,...]' ]]; then
        value=${value%'[,...]'}
        [[ $1 == *,* ]] && before=${1%,*},
      fi
      mapfile -t COMPREPLY < <(compgen -P "$before" -W "${value//|/ }" -- "${1#"$before"}") ;;
    MODEL*) _deeper_files "$1" 'safetensors|caffemodel' ;;
    *PICTURE*) _deeper_files "$1" 'jpe?g|png|webp|gif|bmp|dib|tiff?|p[bgnp]m|heic|heif|avif|jp2|txt|mp4|avi|mov|mkv|webm|m4v|mpe?g' ;;
    LIST) _deeper_files "$1" 'txt' ;;
    DIR) mapfile -t COMPREPLY < <(compgen -d -- "$1"); compopt -o filenames 2>/dev/null ;;
    *FILE* | *PATH* | JOURNAL* | FROM* | LIBRARY | A) _deeper_files "$1" ;;
  esac
}

_deeper() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  [[ $current == [=:] ]] && current=''
  [[ $previous == '=' ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}
  local verb=() index
  for ((index = 1; index < COMP_CWORD; ++index)); do
    [[ ${COMP_WORDS[index]} == [a-z]* ]] || break
    [[ ${COMP_WORDS[index]} == help && $index -eq 1 ]] && continue
    [[ ${#verb[@]} -eq 0 || (${#verb[@]} -eq 1 && ${verb[0]} == @(train|model)) ]] || break
    verb+=("${COMP_WORDS[index]}")
  done
  COMPREPLY=()
  if [[ $previous == ':' ]]; then  # of KIND:PATH
    _deeper_files "$current"
    return
  fi
  if [[ $previous == -* && ${#verb[@]} -gt 0 ]]; then
    local value
    value=$(_deeper_value "$previous" "$program" "${verb[@]}")
    if [[ $previous == @(--data|-d) ]]; then
      mapfile -t COMPREPLY < <(compgen -S : -W 'voc ilsvrc coco yolo csv jsonl labelstudio cvat' -- "$current")
      compopt -o nospace 2>/dev/null
    fi
    if [[ -n $value && $value != '['* ]]; then
      _deeper_complete_value "$current" "$value"
      return
    fi
  fi
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_deeper_options "$program" "${verb[@]}")" -- "$current")
  elif [[ ${#verb[@]} -eq 0 || (${#verb[@]} -eq 1 && ${verb[0]} == @(train|model)) ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_deeper_verbs "$program" "${verb[@]}")" -- "$current")
  else
    _deeper_complete_value "$current" "$(_deeper_words "$program" "${verb[@]}")"
  fi
}
complete -F _deeper deeper
