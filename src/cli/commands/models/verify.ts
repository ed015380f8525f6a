import { command, JSON_ARG } from '../../command.ts';
import { showProgress } from '../../view/model-progress.ts';
import { printJson, printTable } from '../../output.ts';

/** Reads model files again and compares their checksums. */
export const verify = command({
  summary: 'Verify the checksums of downloaded models',
  examples: ['studio-worker models verify', 'studio-worker models verify z-image-turbo --json'],
  exits: [
    { code: 1, means: 'a file is broken' },
    { code: 69, means: 'the model is not on this disk' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: 'an array of verdicts: {model, path, verdict: verified | unknown | broken, because?}',
  args: {
    model: {
      type: 'positional',
      required: false,
      valueHint: 'local-model',
      description: 'Model id (default: all models)',
    },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const { store } = await world.models(args.config);
    const files = args.model === undefined ? await store.list() : await store.show(args.model);
    const view = showProgress(world, args.json || !world.terminal.stdout.isTty);
    const verdicts = [];
    try {
      for (const file of files.filter(({ state }) => state === 'whole'))
        verdicts.push(await store.verify(file, view.report));
    } finally {
      view.stop();
    }
    const rows = verdicts.map(({ file, is, because }) => ({
      model: file.model,
      path: file.path,
      verdict: is,
      because,
    }));
    if (args.json) printJson(world.terminal, rows);
    else {
      printTable(world.terminal, {
        columns: ['model', 'verdict', 'file'],
        rows: rows.map(({ model, path, verdict, because }) => [
          model,
          verdict,
          because === undefined ? path : `${path}: ${because}`,
        ]),
      });
    }
    return rows.some(({ verdict }) => verdict === 'broken') ? 1 : 0;
  },
});
