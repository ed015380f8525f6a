import { command, JSON_ARG } from '../../command.ts';
import { readJsonFile } from '../../args/json-file.ts';
import { showProgress } from '../../view/model-progress.ts';
import { printJson } from '../../output.ts';

/** Downloads a model's files, as a job would. */
export const pull = command({
  summary: 'Download a model, or resume its download',
  examples: ['studio-worker models pull z-image-turbo.json', 'studio-worker models pull source.json --id my-model'],
  exits: [
    { code: 65, means: 'a file does not match the source, or is not a model' },
    { code: 69, means: 'a download failed; run the command again to resume it' },
    { code: 73, means: 'the disk is full' },
    { code: 77, means: 'a URL points to a private or forbidden address' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{model, files: [{role, path}]}',
  args: {
    file: {
      type: 'positional',
      valueHint: 'path',
      description: 'JSON file with {id, source}, or with a bare model source',
    },
    id: { type: 'string', valueHint: 'model', description: 'Model id; required for a bare source' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const value = await readJsonFile('<file>', args.file, world);
    const models = await world.models(args.config);
    const draft = models.readDraft(value, { path: args.file, id: args.id });
    const view = showProgress(world, args.json);
    await using lease = models.store.lease();
    try {
      const { signal } = new AbortController(); // Ctrl-C ends the process; the next run resumes
      const { model, paths } = await lease.filesFor({ ...draft, onProgress: view.report }, signal);
      const files = [...paths].map(([role, path]) => ({ role, path }));
      if (args.json) printJson(world.terminal, { model, files });
    } finally {
      view.stop();
    }
  },
});
