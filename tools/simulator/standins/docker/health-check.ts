import { connect } from 'node:net';

/** A target group's properties, as CloudFormation has them. */
export interface TargetGroup {
  readonly Protocol?: string;
  readonly HealthCheckProtocol?: string;
  readonly HealthCheckPath?: string;
  readonly HealthCheckPort?: string;
  readonly Matcher?: { readonly HttpCode?: string };
}

const TIMEOUT_MS = 3000;

/** One question to a container, asked until it is answered as the asker wants. */
export class HealthCheck {
  /** The good answer, once it has come. */
  answer?: string;
  private lastAnswer = 'was not asked';

  private constructor(
    /** The container's port. */
    readonly port: number,
    /** Whether a task that does not answer is stopped. */
    readonly required: boolean,
    readonly targetGroupArn: string,
    /** Undefined for a check that only connects. */
    private readonly path: string | undefined,
    private readonly codes: string,
  ) {}

  /**
   * What a load balancer asks.
   * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
   */
  static ofTargetGroup(arn: string, group: TargetGroup, containerPort: number): HealthCheck {
    const http = /^HTTP/.test(group.HealthCheckProtocol ?? group.Protocol ?? 'HTTP');
    const port = Number(group.HealthCheckPort) || containerPort;
    const path = http ? (group.HealthCheckPath ?? '/') : undefined;
    return new HealthCheck(port, true, arn, path, group.Matcher?.HttpCode ?? '200');
  }

  /** Of a service that nobody on AWS would ask; it is told whether it answers, and that is all. */
  static unasked(port: number): HealthCheck {
    return new HealthCheck(port, false, '', '/health', '200-299');
  }

  /** @param hostPort where the container's port is on this machine */
  async ask(hostPort: number): Promise<void> {
    if (!hostPort) this.lastAnswer = 'is not published';
    else if (this.path === undefined) await this.connects(hostPort);
    else await this.answers(`http://127.0.0.1:${hostPort}${this.path}`);
  }

  told(): string {
    const what = `port ${this.port}${this.path ?? ''}`;
    const note = this.required ? '' : ' (on AWS nobody would ask: no load balancer, no health check)';
    return `${what} ${this.answer ?? this.lastAnswer}${note}`;
  }

  private async answers(url: string): Promise<void> {
    try {
      const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
      await response.body?.cancel();
      this.lastAnswer = `answered ${response.status}`;
      if (includes(this.codes, response.status)) this.answer = this.lastAnswer;
      else this.lastAnswer += `, expected ${this.codes}`;
    } catch {
      this.lastAnswer = 'did not answer';
    }
  }

  private connects(port: number): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', timeout: TIMEOUT_MS });
      const done = (answer?: string): void => {
        this.answer = answer;
        this.lastAnswer = 'accepts no connection';
        socket.destroy();
        resolve();
      };
      socket.on('connect', () => done('accepts connections'));
      socket.on('error', () => done());
      socket.on('timeout', () => done());
    });
  }
}

/** `200`, `200-299` or `200,302`. */
function includes(codes: string, status: number): boolean {
  return codes.split(',').some((part) => {
    const [from, to] = part.split('-').map(Number);
    return from !== undefined && status >= from && status <= (to ?? from);
  });
}
