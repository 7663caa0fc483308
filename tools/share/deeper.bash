# Completion of 'deeper' for bash. Verbs and options are read from its --help, so they are those of the program.

_deeper_verbs() {  # the words that a --help lists, one to a line indented by two
  "$1" "${@:2}" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  *[a-zA-Z].*/\1/p'
}

_deeper_options() {
  "$1" "${@:2}" --help 2>/dev/null | grep -oE '^  (-[a-z] \[ )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'
}

_deeper() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local verb=() index
  for ((index = 1; index < COMP_CWORD && index <= 2; ++index)); do
    [[ ${COMP_WORDS[index]} == [a-z]* ]] || break
    [[ $index -eq 1 || ${COMP_WORDS[1]} == train || ${COMP_WORDS[1]} == model ]] || break
    verb+=("${COMP_WORDS[index]}")
  done
  COMPREPLY=()
  case $previous in
    --metric) mapfile -t COMPREPLY < <(compgen -W 'ilsvrc voc07 voc12 coco' -- "$current"); return ;;
    --to | --from | --detections-format)
      mapfile -t COMPREPLY < <(compgen -W 'jsonl coco voc ilsvrc yolo csv labelstudio' -- "$current"); return ;;
    --precision) mapfile -t COMPREPLY < <(compgen -W 'auto f32 bf16 int8' -- "$current"); return ;;
    --data)
      mapfile -t COMPREPLY < <(compgen -S : -W 'voc ilsvrc coco yolo csv jsonl labelstudio cvat' -- "$current")
      compopt -o nospace; return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_deeper_options "${COMP_WORDS[0]}" "${verb[@]}")" -- "$current")
  elif [[ ${#verb[@]} -eq 0 || (${#verb[@]} -eq 1 && (${verb[0]} == train || ${verb[0]} == model)) ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_deeper_verbs "${COMP_WORDS[0]}" "${verb[@]}")" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _deeper deeper
