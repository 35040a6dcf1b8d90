SpikeSR.Reference.Cli.StandardStream.Install();
return SpikeSR.Reference.Cli.CommandLine.Run(args);
