import { formatBytes } from '../../../base/units.ts';
import type { StoredFile } from '../../../models/store/inventory.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines, printTable } from '../../output.ts';
import type { World } from '../../world.ts';

/** Lists the model files on this disk, and the models that could be. */
export const list = command({
  summary: 'List the model files on this disk, or also the models of the catalogue that are not',
  examples: ['studio-worker models list', 'studio-worker models list --all', 'studio-worker models list --json'],
  exits: [
    { code: 69, means: 'the running worker does not answer (--all)' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{root, files: [{model, filename, path, sizeBytes, state, sha256?, url?, usedAt}], others?: [{model, kind, sizeBytes}]}',
  args: {
    all: { type: 'boolean', description: 'Also models of the catalogue that are not on this disk' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const { root, store } = await world.models(args.config);
    const files = await store.list();
    const others = args.all ? await othersOf(args.config, world) : undefined;
    if (args.json) return printJson(world.terminal, { root, files: files.map(factsOf), others });
    printFiles(files, root, world);
    if (others === undefined || others.length === 0) return;
    printLines(world.terminal, '', 'Not on this disk, for `studio-worker models pull`:');
    printTable(world.terminal, {
      columns: ['model', 'size', 'for'],
      rows: others.map(({ model, kind, sizeBytes }) => [model, formatBytes(sizeBytes), kind]),
    });
  },
});

/** Models of the catalogue without their files. */
async function othersOf(configPath: string | undefined, world: World) {
  const known = await (await world.pulls(configPath)).known();
  return known
    .filter(({ isHere }) => !isHere)
    .map(({ entry: { id, kind, source } }) => ({
      model: id,
      kind,
      sizeBytes: source.files.reduce((sum, { approxBytes = 0n }) => sum + Number(approxBytes), 0),
    }));
}

function printFiles(files: readonly StoredFile[], root: string, { terminal }: World): void {
  if (files.length === 0) return printLines(terminal, `no models in ${root}`);
  printTable(terminal, {
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
  printLines(terminal, '', `${formatBytes(allBytes)} in ${root}`);
}

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
