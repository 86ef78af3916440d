import { runAsProcess } from '../cli';
import { preflight } from './preflight';

runAsProcess('npm run preflight --', preflight);
