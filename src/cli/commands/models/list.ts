import { formatBytes } from '../../../base/units.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines, printTable } from '../../output.ts';

/** Lists the model files on this disk. */
export const list = command({
  summary: 'List the model files on this disk',
  examples: ['studio-worker models list', 'studio-worker models list --json'],
  exits: [{ code: 78, means: 'the config file is invalid' }],
  json: '{root, files: [{model, filename, path, sizeBytes, state, sha256?, url?, usedAt}]}',
  args: { ...JSON_ARG },
  run: async (args, world) => {
    const { root, store } = await world.models(args.config);
    const files = await store.list();
    if (args.json) return printJson(world.terminal, { root, files: files.map(factsOf) });
    if (files.length === 0) return printLines(world.terminal, `no models in ${root}`);
    printTable(world.terminal, {
      columns: ['model', 'size', 'state', 'last used', 'file'],
      rows: files.map((file) => [
        file.model,
        formatBytes(file.sizeBytes),
        file.state,
        dayOf(file.usedAt),
        `${file.path.slice(root.length + 1, file.path.lastIndexOf('/') + 1)}${file.filename}`,
      ]),
    });
    const allBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    printLines(world.terminal, '', `${formatBytes(allBytes)} in ${root}`);
  },
});

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

interface Facts {
  readonly model: string;
  readonly filename: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly state: string;
  readonly sha256: string | undefined;
  readonly url: string | undefined;
  readonly usedAt: number;
}

/** The public facts of a file. */
export const factsOf = ({ model, filename, path, sizeBytes, state, sha256, url, usedAt }: Facts) => ({
  model,
  filename,
  path,
  sizeBytes,
  state,
  sha256,
  url,
  usedAt: new Date(usedAt).toISOString(),
});
