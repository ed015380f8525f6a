import { spellings, valueFlags, WAY_FLAGS, wordsAt, type Candidates, type CompletionContext } from './tree.ts';

/** A completion script for bash 3.2 and later, which macOS still ships: no associative arrays, no `mapfile`. */
export const bashScript = (contexts: readonly CompletionContext[]): string => `# studio-worker completions for bash.
# Load them with: source <(studio-worker completions bash)
${HELPERS}_studio_worker() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' skip='' word
  local way=() joins=''
  # Bash splits --flag=value into three words.
  if [ "$cur" = '=' ]; then cur=''
  elif [ "$prev" = '=' ]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
${wordLoop(contexts)}  case "$path:$prev" in
${contexts.flatMap(flagCases).join('\n')}
  esac
  case "$path" in
${contexts.map((context) => `    '${context.path}') ${reply(wordsAt(context), context.words)} ;;`).join('\n')}
  esac
}
complete -F _studio_worker studio-worker
`;

/** What every context uses: files below a prefix, and values that the program itself is asked for. */
const HELPERS = `_studio_worker_files() {
  local name
  compopt -o filenames 2> /dev/null
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$1")
}
_studio_worker_values() {
  local line
  while IFS= read -r line; do
    case "$line" in "$cur"*) COMPREPLY+=("$line") ;; esac
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" completions bash --values "$1" \${way[@]+"\${way[@]}"} 2> /dev/null < /dev/null)
}
`;

/** Reads the words before the one that is typed: which command they name, and which worker it is about. */
const wordLoop = (
  contexts: readonly CompletionContext[],
): string => `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    # And an address at each colon.
    if [ -n "$joins" ]; then
      if [ "$word" = ':' ] || [ "$joins" = ':' ]; then way[\${#way[@]}-1]+="$word"; joins="$word"; continue; fi
      joins=''
    fi
    if [ "$word" = '=' ]; then skip="\${skip:-yes}"; continue; fi
    if [ -n "$skip" ]; then
      case "$skip" in ${WAY_FLAGS.join('|')}) way+=("$skip" "$word"); joins="$word" ;; esac
      skip=''; continue
    fi
    case "$word" in
      ${valueFlags(contexts).join('|')}) skip="$word"; continue ;;
      -*) continue ;;
    esac
    case "$path $word" in
      ${contexts
        .filter(({ path }) => path !== '')
        .map(({ path }) => `'${path.includes(' ') ? path : ` ${path}`}'`)
        .join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
`;

/** Cases that come before the context is used: after a flag, only its values apply. */
const flagCases = (context: CompletionContext): readonly string[] =>
  context.flags.flatMap((flag) =>
    flag.value === undefined
      ? []
      : [
          `    ${spellings(flag)
            .map((written) => `'${context.path}:${written}'`)
            .join('|')}) ${value(flag.value)}; return ;;`,
        ],
  );

const value = (candidates: Candidates): string => reply(candidates.values, candidates);

/** `compgen -W` splits at spaces, so it gets our own words only; file names go through a loop that does not. */
function reply(words: readonly string[], { files, asked }: Candidates): string {
  const listed = words.length === 0 ? 'COMPREPLY=()' : `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur"))`;
  const named = files ? `${listed}; _studio_worker_files "$cur"` : listed;
  return asked === undefined ? named : `${named}; _studio_worker_values ${asked}`;
}
