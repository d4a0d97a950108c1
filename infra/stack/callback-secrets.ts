/** The secrets that sign callbacks, as the worker reads them: `whsec_` and base64, the newest first, separated by commas. */
import { SecretValue, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export class CallbackSecrets extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // Secrets Manager can make a random text but put nothing before it, so the text is a secret of its own, and the template
    // joins the two by reference. Thirty-two letters and digits are base64 for 24 bytes, the least Standard Webhooks allows.
    const random = new Secret(this, 'Random', {
      description: 'Source of the first callback secret of the clipping worker; not used afterwards',
      generateSecretString: { passwordLength: 32, excludePunctuation: true },
    });
    this.secret = new Secret(this, 'Signing', {
      description: 'CALLBACK_SECRETS of the clipping worker: the newest first, separated by commas',
      secretStringValue: SecretValue.unsafePlainText(`whsec_${random.secretValue.unsafeUnwrap()}`),
    });
    for (const secret of [random, this.secret]) {
      Validations.of(secret).acknowledge({
        id: 'AwsSolutions::AwsSolutions-SMG4',
        reason:
          'Receivers must know a new secret before it is used alone: rotation is a procedure, in the runbook',
      });
    }
  }
}
