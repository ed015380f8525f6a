import { expect, test } from 'bun:test';
import { COMMANDS } from '../../../src/cli/commands/index.ts';
import { configRows } from '../../../src/config/schema.ts';

const README = await Bun.file('README.md').text();

/** The table between the two markers, as it must read. `UPDATE_README=1` writes it. */
async function block(name: string, rows: readonly string[]): Promise<{ is: string; must: string }> {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const is = README.slice(README.indexOf(start) + start.length, README.indexOf(end)).trim();
  const must = rows.join('\n');
  if (process.env['UPDATE_README'] === '1') await Bun.write('README.md', README.replace(is, must));
  return { is: squeezed(is), must: squeezed(must) };
}

/** Behind the sentence of a key: when an edit of it counts. */
const MARKS = { live: ' ↻', restart: '', unused: ' ◌' };

/** The formatter pads tables; only the words count. */
const squeezed = (text: string): string => text.replaceAll(/ +/g, ' ').replaceAll(/-+/g, '-');

test('the config table in the README is the one the program goes by', async () => {
  const rows = configRows()
    .filter((row) => !row.secret)
    .map(
      ({ key, default: usual, unit, sentence, applies }) =>
        `| \`${key}\` | ${usual === '' ? '' : `\`${usual}\``} | ${unit} | ${sentence}${MARKS[applies]} |`,
    );
  const { is, must } = await block('config', ['| key | default | unit | what it does |', '| - | - | - | - |', ...rows]);
  expect(is).toBe(must);
});

test('every command has a row in the README and every row is a command', () => {
  const firstCells = [...README.matchAll(/^\| (.*)$/gm)].map(([, row = '']) => row.split(/(?<!\\)\|/)[0] ?? '');
  const named = firstCells
    .flatMap((cell) => [...cell.matchAll(/`([a-z-]+)(?: [^`]*)?`/g)].map(([, name = '']) => name))
    .filter((name) => name in COMMANDS);
  expect(named.toSorted()).toEqual(
    Object.keys(COMMANDS)
      .filter((name) => name !== 'help')
      .toSorted(),
  );
});

test('the first two commands of the README are the demo and the checks', () => {
  const commands = [...README.matchAll(/^npx --yes bun@1\.4\.5 run (\w+)$/gm)].map(([, name]) => name);
  expect(commands.slice(0, 2)).toEqual(['demo', 'check']);
});
