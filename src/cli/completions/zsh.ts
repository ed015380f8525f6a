import { spellings, valueFlags, WAY_FLAGS, type Candidates, type CompletionContext } from './tree.ts';

/** A completion script for zsh: works from a folder in `fpath` as well as by `source`. */
export const zshScript = (contexts: readonly CompletionContext[]): string => `#compdef studio-worker
# studio-worker completions for zsh.
# Load them with: source <(studio-worker completions zsh)
_studio_worker_values() {
  names+=(\${(f)"$(\${~words[1]} completions zsh --values $1 $way 2> /dev/null < /dev/null)"})
}
_studio_worker() {
  local at='' skip='' word prev="\${words[CURRENT-1]}"
  local -a names way
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $skip ]]; then
      case $skip in (${WAY_FLAGS.join('|')}) way+=("$skip" "$word") ;; esac
      skip=''; continue
    fi
    case $word in
      (${valueFlags(contexts).join('|')}) skip="$word"; continue ;;
      (-*) continue ;;
    esac
    case "$at $word" in
      (${contexts
        .filter(({ path }) => path !== '')
        .map(({ path }) => quote(path.includes(' ') ? path : ` ${path}`))
        .join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at:$prev" in
${contexts.flatMap(flagCases).join('\n')}
  esac
  case "$at" in
${contexts.map((context) => `    (${quote(context.path)}) names=(${described(context).join(' ')})${context.words.asked === undefined ? '' : `; ${ask(context.words.asked)}`}${context.words.files ? '; _files' : ''} ;;`).join('\n')}
  esac
  _describe 'studio-worker' names
}
if [[ $funcstack[1] == _studio_worker ]]; then
  _studio_worker "$@"
elif (( $+functions[compdef] )); then
  compdef _studio_worker studio-worker
fi
`;

/** Cases that come before the context is used: after a flag, only its values apply. */
const flagCases = (context: CompletionContext): readonly string[] =>
  context.flags.flatMap((flag) =>
    flag.value === undefined
      ? []
      : [
          `    (${spellings(flag)
            .map((written) => quote(`${context.path}:${written}`))
            .join('|')}) ${value(flag.value)}; return ;;`,
        ],
  );

/** A flag with a free text still ends the search: offering commands there would be wrong. */
const value = ({ files, values, asked }: Candidates): string =>
  asked !== undefined
    ? `${ask(asked)}; _describe 'studio-worker' names`
    : files
      ? '_files'
      : values.length === 0
        ? ':'
        : `compadd -- ${values.map(quote).join(' ')}`;

/** Adds what the program answers. */
const ask = (asked: string): string => `_studio_worker_values ${asked}`;

/** `name:description`, as `_describe` reads it; a colon in a name would need escaping, and no name has one. */
const described = ({ subCommands, flags, words }: CompletionContext): readonly string[] => [
  ...subCommands.map(({ name, summary }) => quote(`${name}:${summary}`)),
  ...words.values.map(quote),
  ...flags.map(({ name, description }) => quote(`--${name}:${description}`)),
];

/** Summaries have apostrophes; inside single quotes zsh takes everything else as it is. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
