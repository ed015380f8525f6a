import { type ApiClient, type ApiSending, createApiClient } from '../../../../src/local-api/client/client.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

/** A client of a worker whose answers a test gives by `METHOD /path`, and what was asked of it. */
export function anApi(answers: Readonly<Record<string, (sending: ApiSending) => unknown>>) {
  const asked: string[] = [];
  const client: ApiClient = createApiClient({
    clock: new FakeClock(),
    async send(sending) {
      const route = `${sending.method} ${sending.path}`;
      asked.push(route);
      const answer = await answers[route]?.(sending);
      if (answer === undefined) throw new Error(`nobody answers ${route}`);
      return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer));
    },
  });
  return { client, asked };
}
