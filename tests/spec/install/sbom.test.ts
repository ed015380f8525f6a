import { expect, test } from 'bun:test';
import { Ajv } from 'ajv';
import { dependencies, devDependencies } from '../../../package.json';
import { lockedPackages } from '../../../install/lock.ts';
import { sbomOf } from '../../../install/sbom.ts';

const published = (file: string): Promise<object> =>
  Bun.file(`node_modules/@cyclonedx/cyclonedx-library/res/schema/${file}`).json();
const OTHERS = ['jsf-0.82', 'spdx', 'cryptography-defs'].map((name) => `${name}.SNAPSHOT.schema.json`);
/** The schema that CycloneDX publishes, whose formats of dates and addresses are not used here. */
const ajv = new Ajv({ strict: false, validateFormats: false });
for (const file of OTHERS) ajv.addSchema(await published(file), `http://cyclonedx.org/schema/${file}`);
const validate = ajv.compile(await published('bom-1.6.SNAPSHOT.schema.json'));

interface Bom {
  readonly serialNumber: string;
  readonly components: readonly { readonly name: string; readonly version: string; readonly 'bom-ref': string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}
const bomOf = (version: string): Bom => JSON.parse(sbomOf(version));

test('the list of components is valid CycloneDX, a damaged one is not', () => {
  const valid = validate(bomOf('1.2.3'));
  expect(validate.errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  expect(validate({ ...bomOf('1.2.3'), components: [{ name: 'without a type' }] })).toBe(false);
});

test('every dependency is listed at its version, development ones are not', () => {
  const versions = new Map(bomOf('1.2.3').components.map(({ name, version }) => [name, version]));
  for (const [name, version] of Object.entries(dependencies))
    expect([name, versions.get(name)]).toEqual([name, version]);
  expect(Object.keys(devDependencies).filter((name) => versions.has(name))).toEqual([]);
  expect(versions.get('bun')).toBe(Bun.version);
});

test('native packages of other systems are listed, ones replaced by nothing are not', () => {
  const names = bomOf('1.2.3').components.map(({ name }) => name);
  expect(names).toContain('@img/sharp-darwin-arm64');
  expect(names).toContain('@node-llama-cpp/win-x64');
  expect(names).not.toContain('@node-llama-cpp/linux-x64-cuda');
});

test('what depends on what leads only to components that are listed', () => {
  const { components, dependencies: edges } = bomOf('1.2.3');
  const refs = new Set(components.map((component) => component['bom-ref']));
  expect(edges.flatMap(({ dependsOn = [] }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual([]);
  expect(edges.filter(({ ref }) => !refs.has(ref)).map(({ ref }) => ref)).toEqual(['studio-worker']);
  expect(components.length).toBe(lockedPackages().size + 1);
});

test('the document is the same each time, and another one for another version', () => {
  expect(sbomOf('1.2.3')).toBe(sbomOf('1.2.3'));
  expect(bomOf('1.2.4').serialNumber).not.toBe(bomOf('1.2.3').serialNumber);
});
