package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"
)

// A client, and the requests that it has sent.
type client struct {
	*kms.Client
	http *countingClient
}

type countingClient struct {
	*awshttp.BuildableClient
	requests int
}

func (counting *countingClient) Do(request *http.Request) (*http.Response, error) {
	counting.requests++
	return counting.BuildableClient.Do(request)
}

func newClient(region, secret string) client {
	counting := &countingClient{BuildableClient: awshttp.NewBuildableClient()}
	credentials := func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: secret}, nil
	}
	return client{kms.New(kms.Options{
		Region:       region,
		BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")),
		Credentials:  aws.CredentialsProviderFunc(credentials),
		HTTPClient:   counting,
	}), counting}
}

// Every operation of kms.Client has this form.
type operation[Input, Output any] func(context.Context, *Input, ...func(*kms.Options)) (*Output, error)

func send[Input, Output any](operation operation[Input, Output], input Input) *Output {
	output, err := operation(context.Background(), &input)
	if err != nil {
		panic(err)
	}
	return output
}

func (client client) newKey() *string {
	return send(client.CreateKey, kms.CreateKeyInput{}).KeyMetadata.KeyId
}

// What the SDK made of the refusal that this call gets.
func faultOf[Input, Output any](client client, operation operation[Input, Output], input Input) object {
	before := client.http.requests
	_, err := operation(context.Background(), &input)
	var fault smithy.APIError
	var response *awshttp.ResponseError
	if !errors.As(err, &fault) || !errors.As(err, &response) {
		return object{"type": fmt.Sprint(err)}
	}
	class := fmt.Sprintf("%T", fault)
	return object{
		"type":      class[strings.LastIndex(class, ".")+1:],
		"code":      fault.ErrorCode(),
		"message":   fault.ErrorMessage(),
		"status":    response.HTTPStatusCode(),
		"requestId": response.ServiceRequestID(),
		"requests":  client.http.requests - before,
	}
}

func daysUntil(moment *time.Time) float64 {
	return math.Round(time.Until(*moment).Hours() / 24)
}
