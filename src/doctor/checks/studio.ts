import { formatDuration, MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import type { DoctorDeps, StudioAnswer } from '../deps.ts';
import { type Check, failed, type Finding, ok, skipped, warning } from '../finding.ts';

/** TLS certificates and one-time tokens are checked against the clock to the minute. */
const SKEW_WARN_MS = 30 * SECOND_MS;
const SKEW_FAIL_MS = 5 * MINUTE_MS;

/** The way to the studio. */
export const STUDIO_CHECKS: readonly Check[] = [
  {
    id: 'studio.reachable',
    title: 'the studio answers',
    page: [
      'One plain request to the host of `api_base_url`, on the way that the worker takes: by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY where they are set.',
      'A name that does not resolve is a typing mistake or a DNS server that does not answer. A rejected certificate is a wrong clock, or a proxy that intercepts TLS: give its certificate by NODE_EXTRA_CA_CERTS. A rejected connection is a firewall, or a studio that is down. A service does not have the variables of your shell: `studio-worker install-service` copies them.',
    ],
    async run(deps) {
      const [answer, proxy] = [await deps.studio(), await deps.proxy()];
      const way = proxy === undefined ? '' : ` by the proxy ${proxy}`;
      if (answer.is === 'unreachable') return failed(`${answer.because}${way}`, adviceFor(answer, proxy));
      if (answer.status >= 500) {
        return failed(`the studio answered with status ${answer.status}${way}`, 'Ask the operator of the studio.');
      }
      if (answer.status === 407) return failed(`the proxy ${proxy} wants credentials`, 'Put them into HTTPS_PROXY.');
      return ok(`the studio answered${way}`);
    },
  },
  {
    id: 'studio.clock',
    title: 'the clocks of this machine and the studio agree',
    page: [
      'The time of this machine is compared with the `Date` header of the studio. Certificates and tokens are valid from and until a moment, so a wrong clock makes good ones look bad.',
      'Turn on time synchronisation: `timedatectl set-ntp true` on Linux, the date settings on macOS and Windows. After a change of batteries or a long sleep, wait a minute and check again.',
    ],
    async run({ studio }) {
      const answer = await studio();
      if (answer.is !== 'answered' || answer.dateAt === undefined) return skipped('the studio gave no time');
      const skewMs = answer.ourAt - answer.dateAt;
      const size = Math.abs(skewMs);
      const text = `this machine is ${formatDuration(size)} ${skewMs > 0 ? 'ahead' : 'behind'}`;
      if (size < SKEW_WARN_MS) return ok('the clocks agree');
      return (size < SKEW_FAIL_MS ? warning : failed)(text, 'Turn on time synchronisation.');
    },
  },
  {
    id: 'studio.websocket',
    title: 'a WebSocket gets through to the studio',
    page: [
      'Jobs come over a WebSocket. Proxies and firewalls may let plain requests pass and stop this one.',
      'The check asks for an upgrade with an id that no worker has, and expects the studio to reject it: then the way is open. Any other answer comes from something in between, which has to let WebSockets pass to the host of `api_base_url`. A worker that is connected right now is proof enough.',
    ],
    run: webSocket,
  },
];

async function webSocket({ worker, upgrade, studio }: DoctorDeps): Promise<Finding> {
  const asked = await worker();
  if (asked.is === 'answered' && asked.answer.session.at === 'live') return ok('the worker is connected');
  if ((await studio()).is === 'unreachable') return skipped('the studio does not answer at all');
  const answer = await upgrade();
  if (answer.is === 'opened') return ok('it opened');
  if (answer.is === 'answered' && (answer.status === 401 || answer.status === 404)) return ok('the studio answered it');
  return failed(
    answer.is === 'answered' ? `the upgrade was answered with status ${answer.status}` : answer.because,
    'Let WebSockets pass to the host of `api_base_url`: check the proxies, firewalls and virus scanners on the way.',
  );
}

/** What helps against the usual reasons, by their codes. */
function adviceFor({ code = '' }: Extract<StudioAnswer, { is: 'unreachable' }>, proxy: string | undefined): string {
  if (/ENOTFOUND|EAI_|DNS/i.test(code))
    return 'Check `api_base_url` for a typing mistake, and the DNS of this machine.';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/i.test(code)) {
    return 'Check the clock of this machine; give the certificate of a proxy that intercepts TLS by NODE_EXTRA_CA_CERTS.';
  }
  if (proxy !== undefined) return 'Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.';
  return 'Check the network of this machine, and ask the operator of the studio whether it is up.';
}
