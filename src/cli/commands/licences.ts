import { WorkerError } from '../../base/errors.ts';
import type { Component, ComponentKind } from '../../licences/licences.ts';
import { command, JSON_ARG } from '../command.ts';
import { printJson, printLines, printTable } from '../output.ts';

/** What of others is inside this executable, and under which licences. */
export const licences = command({
  summary: 'List what is inside this program and under which licences',
  examples: ['studio-worker licences', 'studio-worker licences --full | less', 'studio-worker licences --json'],
  exits: [{ code: 69, means: 'this is a checkout, which carries no list' }],
  json: 'an array of components: {name, version?, licence, kind, source, inside, replacing?}',
  args: {
    full: { type: 'boolean', description: 'Print the NOTICE file with every licence text' },
    ...JSON_ARG,
  },
  run: async ({ full, json }, { terminal }) => {
    const { licences: embedded } = await import('../../licences/embedded.ts');
    if (embedded === undefined) {
      throw new WorkerError('native.unavailable', 'a checkout carries no list of licences: the build makes it', {
        hint: 'Run `npx --yes bun@1.4.5 run build`, then `dist/studio-worker licences`.',
      });
    }
    const { components, notice } = embedded;
    if (json) return printJson(terminal, components);
    if (full) return printLines(terminal, notice.trimEnd());
    printTable(terminal, { columns: ['component', 'version', 'licence', 'inside'], rows: components.flatMap(rowsOf) });
    printLines(
      terminal,
      '',
      'All licence texts, and how to replace parts under the LGPL: `studio-worker licences --full`.',
    );
  },
});

/** What of the executable a component is in. */
const PARTS: Readonly<Record<ComponentKind, string>> = {
  module: 'the program',
  native: 'its native files',
  runtime: 'its runtime',
  data: 'its data',
};

const rowsOf = ({ name, version = '', licence, kind, inside }: Component): readonly (readonly string[])[] => [
  [name, version, licence, PARTS[kind]],
  ...inside.map((inner) => [inner.name, inner.version ?? '', inner.licence, name]),
];
