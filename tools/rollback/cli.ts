import { runAsProcess } from '../cli';
import { rollback } from './rollback';

runAsProcess('npm run rollback --', rollback);
