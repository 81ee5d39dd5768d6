import './button.css';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ButtonProps as AriaButtonProps } from 'react-aria-components/Button';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Tooltip, TooltipTrigger } from 'react-aria-components/Tooltip';

export interface ButtonProps extends Omit<AriaButtonProps, 'children' | 'className' | 'style'> {
  /** `primary`: the one thing that a page or dialog is for; `danger`: what cannot be undone; `quiet`: without a frame. */
  variant?: 'primary' | 'plain' | 'quiet' | 'danger';
  small?: boolean;
  icon?: LucideIcon;
  children?: ReactNode;
}

/**
 * A button that may wait for an answer (`isPending`): it keeps the focus meanwhile, and takes no second press. Not by the library's own pending
 * state, whose announcement refers to the button for seconds after a dialog has closed with it.
 */
export function Button({ variant = 'plain', small = false, icon: Icon, isPending = false, children, onPress, type, ...rest }: ButtonProps) {
  return (
    <AriaButton
      {...rest}
      {...(isPending ? { 'data-pending': true } : { ...(onPress ? { onPress } : {}), ...(type ? { type } : {}) })}
      className={`button ${variant}${small ? ' small' : ''}`}
    >
      {isPending ? <span className="spinner" aria-hidden="true" /> : Icon && <Icon size={16} aria-hidden="true" />}
      {children !== undefined && <span className="button-label">{children}</span>}
      {isPending && <span className="visually-hidden">, working</span>}
    </AriaButton>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon' | 'aria-label'> {
  /** What it does: read aloud, and shown to a pointer that rests on it. */
  label: string;
  icon: LucideIcon;
}

/** A button that shows an icon alone. */
export function IconButton({ label, icon: Icon, variant = 'quiet', small = false, ...rest }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500}>
      <AriaButton {...rest} aria-label={label} className={`button icon ${variant}${small ? ' small' : ''}`}>
        <Icon size={18} aria-hidden="true" />
      </AriaButton>
      <Tooltip className="tooltip" offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}
