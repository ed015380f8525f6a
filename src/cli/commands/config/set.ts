import { command, JSON_ARG } from '../../command.ts';
import { KEY_ARG, printChange } from '../../view/config-entry.ts';

/** Sets one key of the config file; everything else in it stays as it is. */
export const set = command({
  summary: 'Set one key of the config file',
  examples: [
    'studio-worker config set models_root /srv/models',
    'studio-worker config set keep_warm_secs 0',
    'studio-worker config set kinds.video false',
    'studio-worker config set supported_models_override z-image,onnx:*',
  ],
  exits: [
    { code: 73, means: 'the config file cannot be written' },
    { code: 78, means: 'the key does not take this value, or the config file is invalid' },
  ],
  json: '{key, value, sentence, applies, variable?, workerTold, workerError?: {code, message}}',
  args: {
    ...KEY_ARG,
    value: { type: 'positional', description: 'Its value: a string as it is, all else as TOML writes it' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const config = await world.openConfig(args.config);
    await printChange(await config.set(args.key, args.value), { world, config, json: args.json });
  },
});
