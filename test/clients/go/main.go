// What an application does with AWS KMS through the AWS SDK for Go, on the endpoint of its environment. It prints what
// it saw as JSON. Programs in other languages do the same and print the same members:
// test/support/clients/kms-client-suite.ts tells what is expected of all of them.
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"runtime"

	"github.com/aws/aws-sdk-go-v2/aws"
)

type object = map[string]any

func main() {
	client := newClient("eu-west-1", os.Getenv("AWS_SECRET_ACCESS_KEY"))
	refused := faults(client)
	maps.Copy(refused, asymmetricFaults(client))
	report := object{
		"versions":         []string{"aws-sdk-go-v2 " + aws.SDKVersion, runtime.Version()},
		"key":              keyMetadata(client),
		"encryption":       encryption(client),
		"dataKey":          dataKey(client),
		"tags":             tags(client),
		"rotation":         rotation(client),
		"deletion":         deletion(client),
		"pages":            pages(),
		"signatures":       signatures(client),
		"mac":              mac(client),
		"publicEncryption": publicEncryption(client),
		"agreement":        agreement(client),
		"encapsulation":    encapsulation(client),
		"mlDsa":            mlDsa(client),
		"dataKeyPairs":     dataKeyPairs(client),
		"faults":           refused,
	}
	text, err := json.Marshal(report)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
