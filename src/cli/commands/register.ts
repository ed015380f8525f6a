import { command } from '../command.ts';
import { printLines } from '../output.ts';
import { toHttpUrl } from '../args/values.ts';
import type { ConfigChanges } from '../world/config.ts';

/** Sets which studio this worker belongs to. Talks to nobody, except to spend a bootstrap token: that cannot wait. */
export const register = command({
  summary: 'Choose the studio to register with, or forget the present registration',
  examples: [
    'studio-worker register --api-base-url https://studio.example.com',
    'studio-worker register --reset',
    'studio-worker register --bootstrap-token 5f0c…',
  ],
  exits: [
    { code: 69, means: 'the studio could not be reached to spend the bootstrap token' },
    { code: 73, means: 'the config file cannot be written' },
    { code: 77, means: 'the studio refused the bootstrap token' },
    { code: 78, means: 'the config file is invalid, or the URL is plain http to another machine' },
  ],
  args: {
    'api-base-url': { type: 'string', valueHint: 'url', description: 'Where the studio is; credentials are kept' },
    'bootstrap-token': { type: 'string', valueHint: 'token', description: 'Skip the wait for approval, once' },
    reset: { type: 'boolean', description: 'Forget credentials, pending request and install id' },
  },
  run: async (args, world) => {
    const apiBaseUrl = args['api-base-url'];
    const patch: ConfigChanges =
      apiBaseUrl === undefined ? {} : { apiBaseUrl: toHttpUrl('--api-base-url', apiBaseUrl) };
    const config = await world.openConfig(args.config);
    if (args.reset) await config.resetRegistration();
    await config.update(patch);
    if (args['bootstrap-token'] !== undefined) {
      const workerId = await config.bootstrap(args['bootstrap-token']);
      printLines(world.terminal, `registered as ${workerId}; start it with \`studio-worker run\``);
      return;
    }
    // The documented words, which scripts wait for.
    const next = 'run `studio-worker run` or `studio-worker ui` to auto-register';
    printLines(
      world.terminal,
      args.reset
        ? `local registration state cleared; ${next}`
        : `saved; ${next} against ${apiBaseUrl ?? config.values.apiBaseUrl}`,
    );
  },
});
