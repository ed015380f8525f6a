import { valueFlags, type CompletedFlag, type CompletionContext } from './tree.ts';

/** A completion script for fish 3.0 and later. */
export const fishScript = (contexts: readonly CompletionContext[]): string => `# studio-worker completions for fish.
# Load them with: studio-worker completions fish | source
function __studio_worker_at --description 'Whether these words are the command so far'
    set -l at
    set -l skip no
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case ${valueFlags(contexts).map(quote).join(' ')}
                set skip yes
            case '-*'
                continue
            case '*'
                if contains -- "$at $word" ${contexts
                  .filter(({ path }) => path !== '')
                  .map(({ path }) => quote(path.includes(' ') ? path : ` ${path}`))
                  .join(' ')}
                    set at (string trim "$at $word")
                end
        end
    end
    test "$at" = "$argv[1]"
end
complete -c studio-worker -f
${contexts.flatMap(linesAt).join('\n')}
`;

/** One line per candidate: fish shows the description beside each. */
function linesAt(context: CompletionContext): readonly string[] {
  const when = `complete -c studio-worker -n ${quote(`__studio_worker_at ${quote(context.path)}`)}`;
  return [
    ...context.subCommands.map(({ name, summary }) => `${when} -a ${quote(name)} -d ${quote(summary)}`),
    ...(context.words.values.length === 0 ? [] : [`${when} -a ${quote(context.words.values.join(' '))}`]),
    ...(context.words.files ? [`${when} -F`] : []),
    ...context.flags.map((flag) => `${when} ${flagLine(flag)}`),
  ];
}

/** `-x` takes a value and offers no files, `-r -F` takes one and does. */
function flagLine({ name, short, description, value }: CompletedFlag): string {
  const names = `-l ${quote(name)}${short === undefined ? '' : ` -s ${short}`}`;
  const takes =
    value === undefined
      ? ''
      : value.files
        ? ' -r -F'
        : ` -x${value.values.length === 0 ? '' : ` -a ${quote(value.values.join(' '))}`}`;
  return `${names}${takes} -d ${quote(description)}`;
}

/** Inside single quotes fish knows two escapes, of the quote and of the backslash. */
const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
