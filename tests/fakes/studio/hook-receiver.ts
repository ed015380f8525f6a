import { createHmac, timingSafeEqual } from 'node:crypto';

/** A request as a receiver sees it. */
export interface HookRequest {
  readonly id: string;
  readonly path: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly body: string;
}

/** What a receiver does with the next requests; it answers 204 when there is nothing left. */
export type HookAnswer = (request: HookRequest) => Response | Promise<Response>;

/** A program that is told of jobs, on a port of loopback. */
export interface HookReceiver extends Disposable {
  readonly url: string;
  readonly port: number;
  /** Every request, in order. */
  readonly requests: readonly HookRequest[];
  /** Settles with the request of this number, from 1. */
  nth(number: number): Promise<HookRequest>;
}

/** Starts one that answers in this order. */
export function hookReceiver(answers: HookAnswer[] = [], port = 0): HookReceiver {
  const requests: HookRequest[] = [];
  const waiting = new Map<number, PromiseWithResolvers<HookRequest>>();
  const nth = (number: number): PromiseWithResolvers<HookRequest> => {
    const known = waiting.get(number) ?? Promise.withResolvers<HookRequest>();
    waiting.set(number, known);
    return known;
  };
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    idleTimeout: 0,
    fetch: async (asked) => {
      const header = (name: string): string => asked.headers.get(name) ?? '';
      const request = {
        id: header('webhook-id'),
        path: new URL(asked.url).pathname,
        timestamp: header('webhook-timestamp'),
        signature: header('webhook-signature'),
        body: await asked.text(),
      };
      requests.push(request);
      nth(requests.length).resolve(request);
      return (await answers.shift()?.(request)) ?? new Response(null, { status: 204 });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/hook`,
    port: server.port ?? 0,
    requests,
    nth: (number) => nth(number).promise,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

/** Whether a request is signed with the secret, as a receiver's own code would find out. */
export function isSigned({ id, timestamp, signature, body }: HookRequest, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return signature.split(' ').some((each) => {
    const [version, given = ''] = each.split(',');
    const bytes = Buffer.from(given, 'base64');
    return version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
}
