import { Sparkles } from 'lucide-react';
import { Link } from 'react-router';
import { useBerth } from '../app/berth-context.js';
import { mayManage } from '../app/permissions.js';
import { useModelSettings } from '../settings/model-queries.js';

const TEXTS = {
  scripted: 'The built-in scripted model answers Claude Code for now: good for a look around, not for work.',
  none: 'Nobody answers Claude Code yet: no model is set up.',
} as const;

/** Says that no real model answers, and how to change that. */
export function ModelNote() {
  const { me } = useBerth();
  const { data } = useModelSettings();
  if (data?.provider !== 'scripted' && data?.provider !== 'none') return null;
  return (
    <p className="notice calm">
      <Sparkles size={18} aria-hidden="true" />
      <span>
        {TEXTS[data.provider]}{' '}
        {mayManage(me.role) ? (
          <Link to="/settings#model">Add an Anthropic API key</Link>
        ) : (
          'An owner or admin can add a key in the settings.'
        )}
      </span>
    </p>
  );
}
