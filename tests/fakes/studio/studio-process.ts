import { startStudio } from '../../../src/local-studio/serve.ts';
import type { ArtifactPlace } from '../../../src/local-studio/storage/places.ts';
import { recordingLogger } from '../recording-logger.ts';
import { studioEffects } from './studio-effects.ts';

// A studio as a process of its own, to be killed: `studio-process.ts <data folder> <port> [<database> <operator token> [<JSON of the
// artifact store>]]`, says its address, then serves.
const [, , dataDir = '', port = '0', database, operatorToken, artifactStore] = process.argv;
const studio = await startStudio({
  host: '127.0.0.1',
  port: Number(port),
  dataDir,
  database,
  operatorToken,
  artifactStore: artifactStore === undefined ? undefined : (JSON.parse(artifactStore) as ArtifactPlace),
  effects: studioEffects,
  log: recordingLogger(),
  sparesLoopback: true,
  webhooksToPrivate: true, // receivers of tests are here
});
console.log(JSON.stringify({ url: studio.url, port: studio.port, operatorToken: studio.operatorToken }));
