import { formatDuration, MINUTE_MS } from '../../base/units.ts';
import { CLOSE } from '../../contract/frames/close-codes.ts';
import { remedyFor } from '../../contract/frames/refusal-remedy.ts';
import type { DoctorDeps } from '../deps.ts';
import { type Check, failed, type Finding, ok, skipped, warning } from '../finding.ts';

/** The running worker, and what starts it. */
export const WORKER_CHECKS: readonly Check[] = [
  {
    id: 'worker.running',
    title: 'a worker runs and answers',
    page: [
      'Only a running worker takes jobs. It is asked over its local API, which `local-api.json` beside the config file names.',
      '`studio-worker setup` starts one with the machine, `studio-worker run` in this terminal. One of another version was replaced on disk while it ran: restart it.',
    ],
    run: running,
  },
  {
    id: 'worker.single',
    title: 'no other worker is in the way',
    page: [
      'One config folder belongs to one running worker, and one registration to one machine: the studio closes the session of the first when a second connects with the same id.',
      'A copied config file, a restored backup or a cloned virtual machine makes two of one. Run `studio-worker register --reset` on one of them, start it again and approve it.',
    ],
    run: single,
  },
  {
    id: 'service.state',
    title: 'the worker starts by itself',
    page: [
      'A service of your account starts the worker after a restart of the machine, and again after a failure.',
      '`studio-worker install-service` writes it. It has to be rewritten after the program or `models_root` has moved, since the service may write its own folders only.',
    ],
    run: service,
  },
  {
    id: 'service.linger',
    title: 'the worker runs while nobody is logged in',
    page: [
      'On Linux, services of an account end with its last login session. An account that may linger keeps them, from the start of the machine to its end.',
      'On a desktop that is logged in all day this does not matter. `studio-worker install-service --linger` asks for it; where that is not permitted, `sudo loginctl enable-linger <account>`.',
    ],
    async run({ service: report }) {
      const found = await report();
      if (found === undefined || found.state === 'not-installed' || found.lingering === undefined) {
        return skipped('there is no service that would end with a session');
      }
      if (found.lingering === 'on') return ok('the account lingers');
      return warning('the worker ends when you log out', 'Run `studio-worker install-service --linger`.');
    },
  },
  {
    id: 'jobs.flow',
    title: 'jobs can come, and nothing stands against them',
    page: [
      'Why no jobs come: claiming is off, the session is not open, the studio offers none, or a rule rejects each. The running worker counts which rule rejected how many offers, and remembers the last of each.',
      'Rules, in their order: `claiming`, `paused`, `kinds`, `models` and `turned-off` are your choice; `schedule`, `battery`, `programs` and `full-screen` are what you tied jobs to; `updating` and `busy` and `stopping` pass; `idle` waits for nobody at the machine; `memory` and `device` ask for a GPU that is free; `outbox` waits for results to be delivered; `quarantine` and `load-failed` are about one model. `studio-worker explain-offer <file>` shows each for one offer.',
    ],
    run: jobs,
  },
  {
    id: 'jobs.conditions',
    title: 'the conditions for jobs are met, and this machine can report them',
    page: [
      'Jobs can be tied to hours (`[[schedule]]`), to mains power (`pause_on_battery`), and to programs that do not run (`pause_for_programs`) or fill the screen (`pause_when_full_screen`). While one of them is not met the worker claims nothing; a running job is finished.',
      'A condition that this machine cannot report keeps no jobs away. A service without a desktop session sees no screen; `programs` and `battery` need none.',
    ],
    async run({ conditions }) {
      const found = await conditions();
      if (found.length === 0) return skipped('nothing is set');
      const told = found.map(({ because }) => because).join('; ');
      if (found.some(({ isMet }) => !isMet)) return warning(told, 'Wait, or change the keys of the config.');
      return found.every(({ isKnown }) => isKnown) ? ok(told) : warning(told, 'Run the worker in a desktop session.');
    },
  },
  {
    id: 'jobs.presence',
    title: 'presence is known where offers depend on it',
    page: [
      'With `only_when_idle` the worker takes offers only while nobody uses this machine. Where no source says so, every offer is rejected.',
      'A service without a desktop session often cannot know. Set `only_when_idle = false` there.',
    ],
    async run({ config, presence }) {
      if (!(await config()).values.only_when_idle) return skipped('only_when_idle is off');
      const { known, because } = await presence();
      return known ? ok('it is known') : failed(`it is not known: ${because}`, 'Set `only_when_idle = false`.');
    },
  },
];

/** A worker of another version passes its jobs, but not what this program is asked: it may know fewer questions. */
async function running({ worker, version }: DoctorDeps): Promise<Finding> {
  const asked = await worker();
  if (asked.is === 'not-running')
    return failed('no worker is running', 'Run `studio-worker setup`, or `studio-worker run`.');
  if (asked.is === 'failed') return failed(asked.error.message, asked.error.hint ?? 'Restart the worker.');
  const { pid, version: itsVersion } = asked.answer;
  if (itsVersion !== version) {
    return warning(`it runs version ${itsVersion}, and this program is ${version}`, 'Restart the worker.');
  }
  return ok(`pid ${pid}, version ${itsVersion}`);
}

/** A running worker knows best what the studio told it; only where none answers does the lock say who is in the way. */
async function single({ worker, lockHolder }: DoctorDeps): Promise<Finding> {
  const asked = await worker();
  if (asked.is === 'answered') {
    const { session } = asked.answer;
    if (session.at === 'refused' && session.code === CLOSE.duplicateWorker) {
      return failed(`the studio closed the session: ${session.because}`, remedyFor(session.code));
    }
    return ok('no other worker is in the way');
  }
  // Held and silent is worse than not running: every other worker of this folder would end at once.
  const pid = await lockHolder();
  if (pid === undefined) return ok('the config folder is free');
  return failed(
    `process ${pid} holds the config folder and does not answer`,
    'Stop that process, or give each worker a folder of its own by `--config`.',
  );
}

/** What keeps a worker running comes before what its file lacks: an old file still starts one. */
async function service({ service: report, config }: DoctorDeps): Promise<Finding> {
  const found = await report();
  if (found === undefined) return skipped('services are not supported on this system');
  const { manager, state, outdated } = found;
  if (state === 'not-installed') {
    return (await config()).values.auto_start
      ? warning('there is no service', 'Run `studio-worker setup`.')
      : skipped('auto_start is false');
  }
  if (state === 'failed' || state === 'stopped') {
    return failed(`${manager} reports it as ${state}`, 'Run `studio-worker install-service`, which restarts it.');
  }
  if (outdated.length > 0) {
    return warning(`its file lacks: ${outdated.join('; ')}`, 'Run `studio-worker install-service` again.');
  }
  return ok(`${manager} reports it as ${state}`);
}

/** From what keeps all jobs away to what keeps some: the first that applies explains everything after it. */
async function jobs({ worker, offers, now }: DoctorDeps): Promise<Finding> {
  const asked = await worker();
  if (asked.is !== 'answered') return skipped('no worker runs');
  const { enabled, paused, session, registration, startedAt, runningJobs } = asked.answer;
  if (!enabled) return warning('claiming is off', 'Run `studio-worker enable`.');
  if (paused) return warning('the worker is paused', 'Run `studio-worker resume`.');
  if (registration.at !== 'approved')
    return warning('the studio has not approved this machine', 'Approve it in the studio.');
  if (session.at !== 'live') return warning(`the session is ${session.at}`, 'See the checks of the studio.');
  const counted = await offers();
  if (counted.is !== 'answered') return skipped('the running worker does not count its offers');
  const { offers: count, accepted, rejections } = counted.answer;
  const against = rejections.map(
    ({ rule, count: times, lastAt, lastBecause }) =>
      `${rule} ${times} times, last ${formatDuration(Math.max(0, now() - lastAt))} ago: ${lastBecause}`,
  );
  const story = `${count} offers, ${accepted} accepted${against.length === 0 ? '' : `; rejected by ${against.join('; by ')}`}`;
  // A quiet studio is no fault until a worker has stood by for longer than a person waits.
  if (count === 0 && runningJobs.length === 0 && now() - startedAt > 10 * MINUTE_MS) {
    return warning(
      `the studio has offered nothing for ${formatDuration(now() - startedAt)}`,
      'Look in the studio whether jobs are queued for the engines and kinds of `studio-worker engines`.',
    );
  }
  if (count > 0 && accepted === 0)
    return warning(story, 'Run `studio-worker doctor jobs.flow`, which explains each rule.');
  return ok(story);
}
