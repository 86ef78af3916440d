import { runAsProcess } from '../tools/cli';
import { bench } from './bench';

runAsProcess('npm run bench --', bench);
