import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockedPackages, type LockedPackage } from './lock.ts';

export const SBOM_FILE = 'studio-worker.cdx.json';

/**
 * What the executables of a release are built from, as a CycloneDX 1.6 document: Bun, and every package of the lock file
 * that can be part of one on some target. It names no time and no machine, so that it can be made again.
 */
export function sbomOf(version: string): string {
  const packages = [...lockedPackages().values()];
  const own = { 'bom-ref': 'studio-worker', name: 'studio-worker', version, licenses: [{ license: { id: 'MIT' } }] };
  const components = [runtime(), ...packages.map(componentOf)];
  const dependencies = [
    { ref: 'studio-worker', dependsOn: components.map((component) => component['bom-ref']) },
    { ref: runtime()['bom-ref'] },
    ...packages.map((one) => ({ ref: purlOf(one), dependsOn: one.dependsOn.map((id) => purlOfId(id)) })),
  ];
  const content = { components, dependencies };
  const digest = new Bun.CryptoHasher('sha256').update(JSON.stringify({ version, content })).digest('hex');
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: { component: { type: 'application', ...own } },
    ...content,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const runtime = () => ({
  type: 'platform',
  'bom-ref': `pkg:npm/bun@${Bun.version}`,
  name: 'bun',
  version: Bun.version,
  purl: `pkg:npm/bun@${Bun.version}`,
  licenses: [{ license: { id: 'MIT' } }],
});

function componentOf(one: LockedPackage) {
  // A package of another system is not here to ask, so none of a single one is: the document is the same everywhere.
  const licence = one.isOfOneSystem ? undefined : licenceOf(one.name);
  return {
    type: 'library',
    'bom-ref': purlOf(one),
    name: one.name,
    version: one.version,
    purl: purlOf(one),
    hashes: [{ alg: 'SHA-512', content: one.sha512 }],
    ...(licence !== undefined && { licenses: [{ expression: licence }] }),
  };
}

/** What an installed package says of itself. */
function licenceOf(name: string): string | undefined {
  const path = join('node_modules', name, 'package.json');
  if (!existsSync(path)) return undefined; // nested below the package that asks for this version
  const facts: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const isNamed = typeof facts === 'object' && facts !== null && 'license' in facts;
  return isNamed && typeof facts.license === 'string' ? facts.license : undefined;
}

/** https://github.com/package-url/purl-spec: the scope's sign is escaped. */
const purlOf = ({ name, version }: Pick<LockedPackage, 'name' | 'version'>): string =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`;

const purlOfId = (id: string): string => `pkg:npm/${id.replace(/^@/, '%40')}`;

/** A UUID of version 8, whose bits are the maker's own. */
const uuidOf = (digest: string): string => digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
