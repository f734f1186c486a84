module pangolin.test/tools/probe

go 1.26.0
