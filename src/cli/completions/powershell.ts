import { spellings, valueFlags, WAY_FLAGS, wordsAt, type CompletionContext } from './tree.ts';

/**
 * A completion script for PowerShell 5.1 and 7. Where it answers nothing, as after a flag that takes a path, PowerShell
 * itself offers files.
 */
export const powershellScript = (
  contexts: readonly CompletionContext[],
): string => `# studio-worker completions for PowerShell.
# Load them with: studio-worker completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'studio-worker' -ScriptBlock {
    param($typed, $line, $cursor)
    $takesValue = @(${list(valueFlags(contexts))})
    $words = @{
${contexts.map((context) => `        ${quote(context.path)} = @(${list(wordsAt(context))})`).join('\n')}
    }
    $values = @{
${contexts.flatMap(valuesAt).join('\n')}
    }
    $asked = @{
${contexts.flatMap(askedAt).join('\n')}
    }
    $way = @()
    $at = ''
    $flag = ''
${WORD_LOOP}    $offered = if ($flag -eq '') { $words[$at] } else { $values["\${at}:$flag"] }
    $ask = if ($flag -eq '') { $asked[$at] } else { $asked["\${at}:$flag"] }
    if ($ask) {
        $program = $line.CommandElements[0].Extent.Text
        $offered = @($offered) + @(& $program completions powershell --values $ask @way 2> $null)
    }
    $offered | Where-Object { $_ -and $_.StartsWith($typed) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
`;

/** Inside single quotes PowerShell knows one escape, of the quote. */
const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const list = (words: readonly string[]): string => words.map(quote).join(', ');

/** Reads the words before the one that is typed: which command they name, and which worker it is about. */
const WORD_LOOP = `    foreach ($element in $line.CommandElements | Select-Object -Skip 1) {
        if ($element.Extent.EndOffset -ge $cursor) { break }
        $word = $element.Extent.Text
        if ($flag -ne '') {
            if (@(${list(WAY_FLAGS)}) -ccontains $flag) { $way += @($flag, $word) }
            $flag = ''
            continue
        }
        if ($takesValue -ccontains $word) { $flag = $word; continue }
        $below = "$at $word".Trim()
        if ($words.ContainsKey($below)) { $at = $below }
    }
`;

/** The choices of each flag that has some, under the command and each spelling of the flag. */
const valuesAt = ({ path, flags }: CompletionContext): readonly string[] =>
  flags.flatMap((flag) =>
    flag.value === undefined || flag.value.values.length === 0
      ? []
      : spellings(flag).map(
          (written) => `        ${quote(`${path}:${written}`)} = @(${list(flag.value?.values ?? [])})`,
        ),
  );

/** What the program is asked for, under the command and each flag of it. */
const askedAt = ({ path, words, flags }: CompletionContext): readonly string[] => [
  ...(words.asked === undefined ? [] : [`        ${quote(path)} = ${quote(words.asked)}`]),
  ...flags.flatMap((flag) =>
    flag.value?.asked === undefined
      ? []
      : spellings(flag).map((written) => `        ${quote(`${path}:${written}`)} = ${quote(flag.value?.asked ?? '')}`),
  ),
];
