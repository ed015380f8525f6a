import { valueFlags, WAY_FLAGS, type Candidates, type CompletedFlag, type CompletionContext } from './tree.ts';

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
function __studio_worker_values --description 'What the program says can be typed'
    set -l words (commandline -opc)
    set -l way
    test (count $words) -gt 2; and for at in (seq 2 (math (count $words) - 1))
        contains -- $words[$at] ${WAY_FLAGS.join(' ')}; and set -a way $words[$at] $words[(math $at + 1)]
    end
    set -l program (string replace -r '^~' $HOME -- $words[1])
    $program completions fish --values $argv[1] $way 2> /dev/null < /dev/null
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
    ...(context.words.asked === undefined ? [] : [`${when} -a ${quote(ask(context.words.asked))}`]),
    ...(context.words.files ? [`${when} -F`] : []),
    ...context.flags.map((flag) => `${when} ${flagLine(flag)}`),
  ];
}

/** `-x` takes a value and offers no files, `-r -F` takes one and does. */
function flagLine({ name, short, description, value }: CompletedFlag): string {
  const names = `-l ${quote(name)}${short === undefined ? '' : ` -s ${short}`}`;
  const takes = value === undefined ? '' : value.files ? ' -r -F' : ` -x${offered(value)}`;
  return `${names}${takes} -d ${quote(description)}`;
}

const ask = (asked: string): string => `(__studio_worker_values ${asked})`;

function offered({ values, asked }: Candidates): string {
  const all = [...values, ...(asked === undefined ? [] : [ask(asked)])];
  return all.length === 0 ? '' : ` -a ${quote(all.join(' '))}`;
}

/** Inside single quotes fish knows two escapes, of the quote and of the backslash. */
const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
