import { runAsProcess } from '../cli';
import { cost } from './cost';

runAsProcess('npm run cost --', cost);
