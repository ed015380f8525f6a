import { command } from '../command.ts';
import { printLines } from '../output.ts';
import { BOOTSTRAP_ARGS, bootstrapTokenOf } from '../args/bootstrap-token.ts';
import { toHttpUrl } from '../args/values.ts';
import type { ConfigChanges } from '../../config/values/command-values.ts';

/** Sets which studio this worker belongs to. Makes no request, except to redeem a bootstrap token. */
export const register = command({
  summary: 'Choose the studio to register with, or discard the registration',
  examples: [
    'studio-worker register --api-base-url https://studio.example.com',
    'studio-worker register --reset',
    'studio-worker register --bootstrap-token-file ./token',
  ],
  exits: [
    { code: 69, means: 'the studio could not be reached to redeem the bootstrap token' },
    { code: 73, means: 'the config file cannot be written' },
    { code: 77, means: 'the studio rejected the bootstrap token' },
    { code: 78, means: 'the config file is invalid, or the URL is plain http to another machine' },
  ],
  args: {
    'api-base-url': { type: 'string', valueHint: 'url', description: 'URL of the studio; credentials are kept' },
    ...BOOTSTRAP_ARGS,
    reset: { type: 'boolean', description: 'Discard credentials, pending request and install id' },
  },
  run: async (args, world) => {
    const apiBaseUrl = args['api-base-url'];
    const patch: ConfigChanges =
      apiBaseUrl === undefined ? {} : { apiBaseUrl: toHttpUrl('--api-base-url', apiBaseUrl) };
    const token = await bootstrapTokenOf(args, world);
    const config = await world.openConfig(args.config);
    if (args.reset) await config.resetRegistration();
    await config.update(patch);
    if (token !== undefined) {
      const workerId = await config.bootstrap(token);
      printLines(world.terminal, `registered as ${workerId}; start it with \`studio-worker run\``);
      return;
    }
    // Scripts wait for the first words of both.
    const next = 'run `studio-worker run` to register';
    printLines(
      world.terminal,
      args.reset
        ? `local registration state cleared; ${next} again`
        : `saved; ${next} with ${apiBaseUrl ?? config.values.apiBaseUrl}`,
    );
  },
});
