import { origin } from '../../../base/build/origin.ts';
import { VERSION } from '../../../base/version.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';

/** Says which build this is, as a bug report wants it; `--version` prints the first line alone. */
export const version = command({
  summary: 'Print the version, and the commit and target it was built from',
  examples: ['studio-worker version', 'studio-worker version --json'],
  json: '{version, commit?, date?, target?, runtime?}',
  args: { ...JSON_ARG },
  run: ({ json }, { terminal }) => {
    if (json) printJson(terminal, { version: VERSION, ...origin });
    else {
      const { commit = 'unknown', date = 'unknown', target = 'unknown', runtime = 'unknown' } = origin;
      const rows = Object.entries({ commit, date, target, runtime });
      printLines(terminal, `studio-worker ${VERSION}`, ...rows.map(([name, value]) => `${name.padEnd(7)}  ${value}`));
    }
    return Promise.resolve();
  },
});
