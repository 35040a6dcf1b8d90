return SpikeSR.Reference.Cli.CommandLine.Run(args);
