import { command, JSON_ARG } from '../../command.ts';
import { readJsonFile } from '../../args/json-file.ts';
import { showProgress } from '../../view/model-progress.ts';
import { printJson } from '../../output.ts';

/** Fetches a model's files, as a job would. */
export const pull = command({
  summary: 'Fetch the files of a model, or go on with what was fetched of them',
  examples: ['studio-worker models pull z-image-turbo.json', 'studio-worker models pull source.json --id my-model'],
  exits: [
    { code: 65, means: 'a file is not what the source says, or no model' },
    { code: 69, means: 'a file cannot be fetched; what arrived of it stays for the next try' },
    { code: 73, means: 'the disk has no room' },
    { code: 77, means: 'a URL leads where it must not' },
  ],
  json: '{model, files: [{role, path}]}',
  args: {
    file: {
      type: 'positional',
      valueHint: 'path',
      description: 'JSON file with {id, source}, or with a bare model source',
    },
    id: { type: 'string', valueHint: 'model', description: 'Model id; needed for a bare source' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const value = await readJsonFile('<file>', args.file, world);
    const shelf = await world.models(args.config);
    const draft = shelf.readDraft(value, { path: args.file, id: args.id });
    const view = showProgress(world, args.json);
    await using lease = shelf.store.lease();
    try {
      const { signal } = new AbortController(); // Ctrl-C ends the process; what arrived stays
      const { model, paths } = await lease.filesFor({ ...draft, onProgress: view.report }, signal);
      const files = [...paths].map(([role, path]) => ({ role, path }));
      if (args.json) printJson(world.terminal, { model, files });
    } finally {
      view.stop();
    }
  },
});
