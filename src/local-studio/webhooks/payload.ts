import { OPERATOR_ROUTES, pathTo } from '../../contract/operator/routes.ts';
import { isoOf } from '../../contract/operator/timestamp.ts';
import { studioUrl } from '../../contract/routes.ts';
import type { EndedFacts } from './messages.ts';

/** The body of an event. `url` is where the studio is reached; its artifacts need the operator token there. */
export function payloadOf(facts: EndedFacts, url: string): string {
  const { createdAt, startedAt, finishedAt, artifact, ...rest } = facts;
  return JSON.stringify({
    type: `job.${facts.outcome}`,
    timestamp: isoOf(finishedAt),
    data: {
      ...rest,
      createdAt: isoOf(createdAt),
      startedAt: startedAt === undefined ? undefined : isoOf(startedAt),
      finishedAt: isoOf(finishedAt),
      artifacts:
        artifact === undefined
          ? []
          : [{ url: studioUrl(url, pathTo(OPERATOR_ROUTES.artifact, facts.jobId)), ...artifact }],
    },
  });
}

/** The body of what an operator sends to see whether it arrives. */
export const testPayload = (at: number): string =>
  JSON.stringify({ type: 'webhook.test', timestamp: isoOf(at), data: {} });

/** Where a studio is reached: by its public name, which a proxy serves by TLS unless it does so itself, else where it listens. */
export function publicUrl(
  { url, port }: { readonly url: string; readonly port: number },
  names: readonly string[],
  endsTls: boolean,
): string {
  const [name] = names;
  if (name === undefined) return url;
  return endsTls ? `https://${name}:${port}` : `https://${name}`;
}
