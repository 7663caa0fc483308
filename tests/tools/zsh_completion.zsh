#!/usr/bin/env zsh
# zsh_completion.zsh <directory with _deeper> <line>: prints what an interactive zsh makes of the line when Tab is pressed
# at its end. 'deeper' is looked for in $PATH.
zmodload zsh/zpty || exit 1
zpty shell zsh -f -i
ask() { zpty -w -n shell "$1"$'\n' }
ask "PS1= PROMPT= RPS1=; stty -echo; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D"
ask 'say() { print -r -- "<<$BUFFER>>"; BUFFER= }; zle -N say; bindkey "^X" say; bindkey "^I" complete-word'
ask 'setopt no_beep no_list_ambiguous; print -r "re""ady"'
local text piece
until [[ $text == *ready* ]]; do zpty -r shell piece || exit 1; text+=$piece; done
zpty -w -n shell "$2"$'\t\x18'
text=''
until [[ $text == *'<<'*'>>'* ]]; do zpty -r shell piece || exit 1; text+=$piece; done
text=${text##*'<<'}
print -r -- "${text%%'>>'*}"
zpty -d shell
