import { errorChain, WorkerError } from '../base/errors.ts';
import type { RunStep } from './run-step.ts';

/*
 * A service of an account ends when the account's last session does, unless the account may linger: then its services run
 * from the start of the machine to its end (loginctl(1)).
 */

/** Whether services of this account outlive its sessions. */
export type Lingering = 'on' | 'off' | 'unknown';

/** Asks logind. `unknown` on a system without it. */
export async function lingering(account: string, runStep: RunStep): Promise<Lingering> {
  try {
    const { code, output } = await runStep(['loginctl', 'show-user', account, '--property=Linger']);
    if (code !== 0) return 'off'; // an account that lingers is always known to logind
    return /^Linger=yes$/m.test(output) ? 'on' : 'off';
  } catch {
    return 'unknown'; // no `loginctl`, or one that does not answer
  }
}

/** Lets the account linger. @throws WorkerError `service.not-activated` */
export async function enableLinger(account: string, runStep: RunStep): Promise<void> {
  const because = await runStep(['loginctl', 'enable-linger', account]).then(
    ({ code, lastError }) => (code === 0 ? undefined : lastError || `it exited with code ${code}`),
    (thrown: unknown) => errorChain(thrown),
  );
  if (because === undefined) return;
  throw new WorkerError('service.not-activated', `the account may not linger: ${because}`, {
    hint: `Run \`sudo loginctl enable-linger ${account}\`. Until then the worker ends when you log out.`,
  });
}
