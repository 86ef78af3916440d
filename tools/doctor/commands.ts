import { quotedWord } from '../simulator/shell-word';

/** Commands for the user's shell, with what they need to reach the same account: region, profile, configuration. */
export class Commands {
  constructor(
    private readonly to: {
      readonly region: string;
      readonly profile?: string;
      /** As the user gave it; absent for the default. */
      readonly config?: string;
    },
  ) {}

  aws(...args: string[]): string {
    return line('aws', ...args, '--region', this.to.region, ...this.profile());
  }

  /** Of the CDK CLI, which takes the region from the configuration. */
  cdk(...args: string[]): string {
    const config = this.to.config === undefined ? [] : ['--context', `config=${this.to.config}`];
    return line('npx', 'cdk', ...args, ...config, ...this.profile());
  }

  /** A command that a stack has printed for whoever's credentials are the default. */
  printed(command: string): string {
    return [command, ...this.profile().map(quotedWord)].join(' ');
  }

  private profile(): string[] {
    return this.to.profile === undefined ? [] : ['--profile', this.to.profile];
  }
}

export function line(...words: string[]): string {
  return words.map(quotedWord).join(' ');
}
