import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { MEDIA } from '../../words/media.ts';
import { SHARED } from '../../words/shared.ts';
import { Button } from '../button.tsx';
import { Icon } from '../icons/icons.tsx';
import { Lightbox } from '../overlay.tsx';
import { AudioPlayer } from './audio.tsx';
import { MeshView } from './mesh/mesh-view.tsx';
import { TextView } from './text.tsx';

/** Something that a job made, and how to show it. */
export interface ShownArtifact {
  /** Of this origin. */
  readonly src: string;
  /** Content type. */
  readonly type: string;
  /** What it is, for a screen reader. */
  readonly label: string;
  /** Under what name it is saved. */
  readonly filename: string;
}

interface ArtifactProps {
  readonly artifact: ShownArtifact;
  /** What is said of it: beside an image, below anything else. */
  readonly children?: ComponentChildren;
}

/** Shows what a job made by its content type, with what there is to do with it. */
export function ArtifactView({ artifact, children }: ArtifactProps) {
  const { src, type, label } = artifact;
  if (type.startsWith('image/')) return <ImageView artifact={artifact}>{children}</ImageView>;
  return (
    <div class="stack">
      {type === 'model/gltf-binary' ? (
        <MeshView key={src} src={src} label={label} actions={save(artifact)} />
      ) : (
        <div class="stack stack--tight">
          <Player artifact={artifact} />
          <div class="line">{save(artifact)}</div>
        </div>
      )}
      {children}
    </div>
  );
}

function Player({ artifact: { src, type, label } }: { readonly artifact: ShownArtifact }) {
  if (type.startsWith('audio/')) return <AudioPlayer key={src} src={src} label={label} />;
  if (type.startsWith('video/')) return <VideoPlayer key={src} src={src} label={label} />;
  if (type === 'application/json' || type.startsWith('text/')) return <TextView key={src} src={src} label={label} />;
  return <p class="note">{MEDIA.cannotShow}</p>;
}

function VideoPlayer({ src, label }: Pick<ShownArtifact, 'src' | 'label'>) {
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return <p class="note">{MEDIA.cannotPlay}</p>;
  return (
    <div class="view">
      <video
        src={src}
        controls
        loop
        playsInline
        preload="metadata"
        aria-label={label}
        onError={() => setBroken(true)}
      />
    </div>
  );
}

function ImageView({ artifact, children }: ArtifactProps) {
  const [isLarge, setLarge] = useState(false);
  const [isBroken, setBroken] = useState(false);
  const { src, label } = artifact;
  return (
    <div class="result">
      {isBroken ? (
        <p class="note">{MEDIA.cannotShow}</p>
      ) : (
        <button class="view view--press" type="button" title={MEDIA.enlarge} onClick={() => setLarge(true)}>
          <img src={src} alt={label} width="384" height="384" onError={() => setBroken(true)} />
        </button>
      )}
      <div class="result__say">
        {children}
        <div class="line">
          <Button small icon="expand" off={isBroken ? MEDIA.cannotShow : undefined} onPress={() => setLarge(true)}>
            {MEDIA.enlarge}
          </Button>
          {save(artifact)}
        </div>
      </div>
      {isLarge && <LargeImage artifact={artifact} onClose={() => setLarge(false)} />}
    </div>
  );
}

const LargeImage = ({ artifact, onClose }: { readonly artifact: ShownArtifact; readonly onClose: () => void }) => (
  <Lightbox
    label={artifact.label}
    src={artifact.src}
    alt={artifact.label}
    onClose={onClose}
    caption={
      <>
        <span>{artifact.label}</span>
        {save(artifact)}
        <Button small icon="x" keys="Escape" onPress={onClose}>
          {SHARED.close}
        </Button>
      </>
    }
  />
);

const save = ({ src, filename }: ShownArtifact) => (
  <a class="btn btn--sm" href={src} download={filename}>
    <Icon name="down" />
    {MEDIA.save}
  </a>
);
