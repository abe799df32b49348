// Asks containers-image whether its policy lets an image run: exit 0 when it does, 1 with the reason when it does not, 2 when it was not asked.
package main

import (
	"context"
	"fmt"
	"os"

	"go.podman.io/image/v5/docker"
	"go.podman.io/image/v5/image"
	"go.podman.io/image/v5/signature"
	"go.podman.io/image/v5/types"
)

func main() {
	if len(os.Args) != 4 {
		fail(2, fmt.Errorf("usage: %s POLICY REGISTRIES.D //HOST/NAME@DIGEST", os.Args[0]))
	}
	policy, err := signature.NewPolicyFromFile(os.Args[1])
	if err != nil {
		fail(2, err)
	}
	allowed, err := signature.NewPolicyContext(policy)
	if err != nil {
		fail(2, err)
	}
	ref, err := docker.ParseReference(os.Args[3])
	if err != nil {
		fail(2, err)
	}
	ctx := context.Background()
	system := &types.SystemContext{RegistriesDirPath: os.Args[2], DockerInsecureSkipTLSVerify: types.OptionalBoolTrue}
	source, err := ref.NewImageSource(ctx, system)
	if err != nil {
		fail(2, err)
	}
	defer source.Close()
	if ok, err := allowed.IsRunningImageAllowed(ctx, image.UnparsedInstance(source, nil)); !ok {
		fail(1, err)
	}
}

func fail(code int, err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(code)
}
