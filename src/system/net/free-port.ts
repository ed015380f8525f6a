import { createServer } from 'node:net';
import { WorkerError } from '../../base/errors.ts';

/**
 * A port of 127.0.0.1 that nobody listens on. Somebody else may take it before its user does, who has to check.
 */
export function freePort(): Promise<number> {
  const found = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', found.reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => {
      if (typeof address === 'object' && address !== null) found.resolve(address.port);
      else found.reject(new WorkerError('internal', 'the system gave no port'));
    });
  });
  return found.promise;
}
