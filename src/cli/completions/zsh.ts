import { spellings, valueFlags, type Candidates, type CompletionContext } from './tree.ts';

/** A completion script for zsh: works from a folder in `fpath` as well as by `source`. */
export const zshScript = (contexts: readonly CompletionContext[]): string => `#compdef studio-worker
# studio-worker completions for zsh.
# Load them with: source <(studio-worker completions zsh)
_studio_worker() {
  local at='' skip='' word prev="\${words[CURRENT-1]}"
  local -a names
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $skip ]]; then skip=''; continue; fi
    case $word in
      (${valueFlags(contexts).join('|')}) skip=yes; continue ;;
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
${contexts.map((context) => `    (${quote(context.path)}) names=(${described(context).join(' ')})${context.words.files ? '; _files' : ''} ;;`).join('\n')}
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
const value = ({ files, values }: Candidates): string =>
  files ? '_files' : values.length === 0 ? ':' : `compadd -- ${values.map(quote).join(' ')}`;

/** `name:description`, as `_describe` reads it; a colon in a name would need escaping, and no name has one. */
const described = ({ subCommands, flags, words }: CompletionContext): readonly string[] => [
  ...subCommands.map(({ name, summary }) => quote(`${name}:${summary}`)),
  ...words.values.map(quote),
  ...flags.map(({ name, description }) => quote(`--${name}:${description}`)),
];

/** Summaries have apostrophes; inside single quotes zsh takes everything else as it is. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
