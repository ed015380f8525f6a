import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { bytes, countdown, duration, hostOf, latency, moment, sentence } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { CopyIcon } from '../../kit/copy.tsx';
import type { IconName } from '../../kit/icons/icons.tsx';
import { type Fact, Facts, Panel } from '../../kit/panel.tsx';
import type { Tone } from '../../kit/tones.ts';
import { SHARED } from '../../words/shared.ts';
import { CONDITION_NAMES, STATUS } from '../../words/status.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';

const WORDS = STATUS.studio;

type SessionState = LiveStatus['session']['state'];
const LOOKS: Readonly<Record<SessionState, { readonly tone: Tone; readonly icon: IconName }>> = {
  connected: { tone: 'ok', icon: 'done' },
  connecting: { tone: 'accent', icon: 'clock' },
  waiting_for_approval: { tone: 'accent', icon: 'clock' },
  reconnecting: { tone: 'bad', icon: 'retry' },
  stopped: { tone: 'rest', icon: 'cancelled' },
  auth_failed: { tone: 'bad', icon: 'failed' },
  fatal: { tone: 'bad', icon: 'failed' },
};

/** Who the worker works for, and how well they reach each other. */
export function StudioPanel({ status }: { readonly status: LiveStatus }) {
  const now = usePage().model.now.value;
  const { state } = status.session;
  return (
    <Panel
      title={WORDS.title}
      aside={
        <Badge plain {...LOOKS[state]}>
          {WORDS.states[state]}
        </Badge>
      }
    >
      <div class="panel__body">
        <Facts facts={studioFacts(status, now)} />
      </div>
    </Panel>
  );
}

const studioFacts = (status: LiveStatus, now: number): readonly Fact[] => [
  { term: WORDS.address, value: <StudioAnchor url={status.studioUrl} /> },
  ...workerIdFact(status),
  sessionFact(status, now),
  ...reasonFact(status),
  heartbeatFact(status, now),
  outboxFact(status),
  takesJobsFact(status),
  ...conditionFacts(status),
  {
    term: WORDS.offers,
    value: status.offers.offers === 0 ? SHARED.none : WORDS.offersSeen(status.offers.offers),
    after: status.offers.offers === 0 ? undefined : WORDS.accepted(status.offers.accepted),
  },
  { term: WORDS.since, value: moment(status.startedAt, now), after: WORDS.pid(status.pid) },
];

export const StudioAnchor = ({ url }: { readonly url: string }) => (
  <a href={url} target="_blank" rel="noreferrer">
    {hostOf(url)}
  </a>
);

const workerIdFact = ({ workerId }: LiveStatus): readonly Fact[] =>
  workerId === null
    ? []
    : [
        {
          term: WORDS.workerId,
          value: (
            <>
              <span class="mono">{workerId}</span>
              <CopyIcon text={workerId} label={WORDS.copyWorkerId} />
            </>
          ),
        },
      ];

/** How long it is up counts while it is up; while it is not, when it is tried next. */
function sessionFact({ session, reconnects }: LiveStatus, now: number): Fact {
  if (session.state === 'connected') {
    return {
      term: WORDS.session,
      value: WORDS.upFor(duration(now - session.since)),
      after: WORDS.reconnects(reconnects),
    };
  }
  if (session.state === 'reconnecting') {
    const value = WORDS.nextAttempt(countdown(session.retryAt - now));
    return { term: WORDS.session, value, after: WORDS.attempt(session.attempt) };
  }
  return { term: WORDS.session, value: WORDS.states[session.state] };
}

const reasonFact = ({ session }: LiveStatus): readonly Fact[] =>
  'reason' in session && session.reason !== '' ? [{ term: WORDS.because, value: session.reason }] : [];

/** A session may be open and its studio silent: only an answered heartbeat says that both live. */
function heartbeatFact({ heartbeat }: LiveStatus, now: number): Fact {
  const term = WORDS.heartbeat;
  if (heartbeat === null) return { term, value: WORDS.noHeartbeat };
  const value = SHARED.ago(duration(now - heartbeat.lastAttemptAt));
  if (heartbeat.outcome === 'err') return { term, value, after: WORDS.unanswered(heartbeat.reason) };
  const { roundTripMs } = heartbeat;
  return { term, value, after: roundTripMs === undefined ? WORDS.answered : WORDS.answeredIn(latency(roundTripMs)) };
}

const outboxFact = ({ outbox }: LiveStatus): Fact =>
  outbox.count === 0
    ? { term: WORDS.waiting, value: SHARED.none, after: WORDS.allDelivered }
    : { term: WORDS.waiting, value: String(outbox.count), after: WORDS.onDisk(bytes(outbox.sizeBytes)) };

/** What jobs are tied to; why one keeps them away is above, where it is seen first. */
const conditionFacts = ({ conditions }: LiveStatus): readonly Fact[] =>
  conditions
    .filter(({ isMet }) => isMet)
    .map(({ what, because }) => ({ term: CONDITION_NAMES[what] ?? what, value: sentence(because) }));

/** The answer in one word; the reasons are at the top of the page, where they are seen first. */
function takesJobsFact({ paused, obstacles, presence }: LiveStatus): Fact {
  const isKept = paused || obstacles.length > 0;
  return {
    term: WORDS.takesJobs,
    value: isKept ? WORDS.notNow : WORDS.yes,
    after: presence?.because,
    link: (
      <a class="push" href={hrefOf({ tab: 'config', at: 'background' })}>
        {SHARED.change}
      </a>
    ),
  };
}
