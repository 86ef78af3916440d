import { runAsProcess } from '../cli';
import { doctor } from './doctor';

runAsProcess('npm run doctor --', doctor);
