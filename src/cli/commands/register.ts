import { command } from '../command.ts';
import { printLines } from '../output.ts';
import { toHttpUrl } from '../values.ts';
import type { ConfigPatch } from '../world.ts';

/** Sets which studio this worker belongs to. Talks to nobody: the next `run` does the registering. */
export const register = command({
  summary: 'Choose the studio to register with, or forget the present registration',
  examples: [
    'studio-worker register --api-base-url https://studio.example.com',
    'studio-worker register --reset',
    'studio-worker register --bootstrap-token 5f0c…',
  ],
  exits: [
    { code: 73, means: 'the config file cannot be written' },
    { code: 78, means: 'the config file is invalid, or the URL is plain http to another machine' },
  ],
  args: {
    'api-base-url': { type: 'string', valueHint: 'url', description: 'Where the studio is; credentials are kept' },
    'bootstrap-token': { type: 'string', valueHint: 'token', description: 'Skip the wait for approval, once' },
    reset: { type: 'boolean', description: 'Forget credentials, pending request and install id' },
  },
  run: async (args, world) => {
    const apiBaseUrl = args['api-base-url'];
    const bootstrapToken = args['bootstrap-token'];
    const patch: ConfigPatch = {
      ...(apiBaseUrl === undefined ? {} : { apiBaseUrl: toHttpUrl('--api-base-url', apiBaseUrl) }),
      ...(bootstrapToken === undefined ? {} : { bootstrapToken }),
    };
    const config = await world.openConfig(args.config);
    if (args.reset) await config.resetRegistration();
    await config.update(patch);
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
