import { type Check, failed, ok, skipped, warning } from '../finding.ts';

/** How newer releases get here. */
export const UPDATE_CHECKS: readonly Check[] = [
  {
    id: 'update.feed',
    title: 'the release feed can be read',
    page: [
      'The worker looks for newer releases where `auto_update_feed` says, and takes only those that the project has signed.',
      '`studio-worker check-update` reads the feed at once. While it cannot be read, the worker keeps running its version. `auto_update_feed` may name a mirror.',
    ],
    async run({ config, feed }) {
      const { values } = await config();
      if (!values.auto_update_enabled) return skipped('auto_update_enabled is false');
      const { latest, heldBack, problem } = await feed();
      if (problem !== undefined) return warning(problem, 'Check the network, or name a mirror in `auto_update_feed`.');
      if (latest === undefined) return ok('this is the newest release');
      return heldBack === undefined
        ? ok(`${latest} will be installed`)
        : warning(`${latest} is held back: ${heldBack}`, 'Run `studio-worker check-update`.');
    },
  },
  {
    id: 'update.keys',
    title: 'releases can be verified',
    page: [
      'Public keys of the project are built into the program; a release is taken only when one of them signed it. A build of your own may have none, and then takes no release.',
      'Install a release of the project, or set the keys in `dist-manifest.json` before you build.',
    ],
    run: async ({ keys }) =>
      keys > 0 ? ok(`${keys} keys are built in`) : failed('no key is built in', 'Install a release of the project.'),
  },
];
