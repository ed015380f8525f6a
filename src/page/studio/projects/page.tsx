import { useEffect } from 'preact/hooks';
import { Segmented } from '../../kit/field.tsx';
import { Page } from '../../kit/panel.tsx';
import { PROJECTS } from '../../words/studio/projects.ts';
import { STUDIO } from '../../words/studio/shell.ts';
import { usePage } from '../page-context.ts';
import { StaleBanner } from '../shell.tsx';
import { AuditSection } from './audit.tsx';
import { type Section, SECTIONS, sectionOf } from './model.ts';
import { ProjectsSection } from './projects.tsx';
import { TokensSection } from './tokens.tsx';
import { WebhooksSection } from './webhooks.tsx';

/** Who shares this studio and how much of it they have, who is told of jobs, and who changed what. */
export function ProjectsPage() {
  const { model, actions } = usePage();
  const section = sectionOf(model.route.value.at);
  const isLive = model.link.value.is === 'live';
  useEffect(() => {
    if (isLive) void actions.readSection(section);
  }, [isLive, section, actions]);
  return (
    <Page title={STUDIO.pages.projects}>
      <StaleBanner />
      <Segmented
        label={PROJECTS.sections}
        full
        choices={SECTIONS.map((value) => ({ value, word: PROJECTS.section[value] }))}
        value={section}
        onChange={(at) => actions.go({ tab: 'projects', at })}
      />
      <OpenSection section={section} />
    </Page>
  );
}

function OpenSection({ section }: { readonly section: Section }) {
  switch (section) {
    case 'projects':
      return <ProjectsSection />;
    case 'tokens':
      return <TokensSection />;
    case 'webhooks':
      return <WebhooksSection />;
    case 'audit':
      return <AuditSection />;
    default:
      return section satisfies never;
  }
}
